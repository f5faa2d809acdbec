"""A function in Node.js that says its version and, by the AWS SDK, its role: made and invoked."""

import io
import json
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import boto3

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}
SOURCE = """
const {STSClient, GetCallerIdentityCommand} = require('@aws-sdk/client-sts');
exports.handler = async () => {
    const {Arn} = await new STSClient({}).send(new GetCallerIdentityCommand({}));
    return [process.version, Arn];
};
"""


def answer(client: Callable[[str], Any], runtime: str) -> list[str]:
    """Create it for a runtime, of whatever name, and return what it answers; then it is gone.

    Raises ClientError if that runtime is refused.
    """
    name = f"who-{runtime.replace('.', '-')}"
    role = client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Path="/carried/"
    )["Role"]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("index.js", SOURCE)
    functions = client("lambda")
    try:
        functions.create_function(
            FunctionName=name,
            Role=role["Arn"],
            Runtime=runtime,
            Handler="index.handler",
            Code={"ZipFile": content.getvalue()},
            Timeout=30,
            MemorySize=256,
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name)
        said: list[str] = json.load(functions.invoke(FunctionName=name)["Payload"])
        functions.delete_function(FunctionName=name)
        return said
    finally:
        client("iam").delete_role(RoleName=name)


if __name__ == "__main__":
    print(*answer(boto3.client, sys.argv[1]))
