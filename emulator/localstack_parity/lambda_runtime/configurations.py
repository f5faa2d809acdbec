"""What Lambda answers of a function's configuration, and LocalStack leaves out.

AWS names for each runtime another version of it, and says of a VPC whether IPv6 may leave it.
Recorded in LocalStack's tests at v4.14.0, `lambda_/test_lambda_api.py`:
`TestLambdaRevisions::test_function_revisions_basic` and `TestLambdaFunction::test_vpc_config`.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from localstack.services.lambda_ import api_utils
from localstack.utils.patch import patch


def install() -> None:
    """Have every answer with a configuration say it all."""

    @patch(api_utils.map_config_out)
    def map_config_out(describe: Callable[..., Any], version: Any, *args: Any, **more: Any) -> Any:
        answer = describe(version, *args, **more)
        if vpc := answer.get("VpcConfig"):
            vpc.setdefault("Ipv6AllowedForDualStack", False)
        if named := answer.get("RuntimeVersionConfig", {}).get("RuntimeVersionArn"):
            arn = runtime_version_arn(named, version.config.runtime)
            answer["RuntimeVersionConfig"] = {"RuntimeVersionArn": arn}
        return answer


def runtime_version_arn(arn: str, runtime: str) -> str:
    """Return the ARN of a runtime's version: its id is the same for functions of one runtime.

    `arn` is LocalStack's, which is the same for all.
    """
    prefix, _, _ = arn.rpartition(":")
    return f"{prefix}:{hashlib.sha256(runtime.encode()).hexdigest()}"
