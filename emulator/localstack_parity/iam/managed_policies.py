"""AWS's own policies, for each account: read from what was made at the installation.

moto makes 1,400 objects of JSON for each account, with ids that differ from account to account. On
AWS such a policy is the same for everybody.
"""

import pickle
from collections.abc import Callable

from localstack.utils.patch import patch
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.settings import load_iam_aws_managed_policies

from localstack_parity import service_index

type _Policies = list[AWSManagedPolicy]


def install() -> None:
    """Have accounts begin with these policies. To be called before the first account is there."""

    @patch(IAMBackend._init_aws_policies)
    def policies(make: Callable[[IAMBackend], _Policies], backend: IAMBackend) -> _Policies:
        kept = service_index.policies()
        if backend.partition != "aws" or not load_iam_aws_managed_policies() or not kept.exists():
            return make(backend)
        found: _Policies = pickle.loads(kept.read_bytes())
        for policy in found:
            policy.account_id = backend.account_id
        return found
