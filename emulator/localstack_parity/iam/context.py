"""The condition keys of one request: worked out when a policy asks for them, from its facts.

Sources: as of global_keys.py and service_keys.py.
"""

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from localstack.aws.api import RequestContext

from iam_policies import keys, resources
from iam_policies.actions import Needed
from iam_policies.evaluation import Caller, Callers
from iam_policies.facts import Tags, Value
from localstack_parity.iam import attached, callers, credentials, tags

# "strict" takes plain HTTP for what it is; otherwise every request counts as sent over TLS, as
# clients of AWS do it.
TLS_VARIABLE = "TAPSTACK_IAM_TLS"


class RequestKeys(Mapping[str, str | tuple[str, ...]]):
    """The condition keys of one needed action, in lower case, and the facts behind them."""

    def __init__(
        self, context: RequestContext, caller: Caller, needed: Needed, owner: str, arn: str = ""
    ) -> None:
        self._context = context
        self._action = needed.action
        self._arn = arn
        self._found: dict[str, Value] = {}
        self.caller = caller
        self.owner = owner
        self.parameters = needed.parameters
        self.region = context.region

    def __getitem__(self, key: str) -> str | tuple[str, ...]:
        if key not in self._found:
            self._found[key] = keys.read(self, self._action, key)
        value = self._found[key]
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    # The facts

    @property
    def service(self) -> str:
        """The name of the API."""
        return self._context.service.service_name if self._context.service else ""

    @property
    def operation(self) -> str:
        """The operation that was called."""
        return self._context.operation.name if self._context.operation else ""

    @property
    def source_arn(self) -> str:
        """The resource on whose behalf a service calls."""
        return callers.source_arn(self._context)

    @property
    def source_account(self) -> str:
        """Of the resource that makes the service call; a bucket's ARN does not hold its owner."""
        arn = self.source_arn
        return resources.account_of(arn) or _bucket_owner(arn) or self.owner

    def header(self, name: str) -> str:
        """A header; "" if it is not there."""
        return str(self._context.request.headers.get(name) or "")

    def argument(self, name: str) -> str:
        """An argument of the URL; "" if it is not there."""
        return str(self._context.request.args.get(name) or "")

    def address(self) -> str:
        """Where the request comes from."""
        return str(self._context.request.remote_addr or "")

    def encrypted(self) -> bool:
        """Whether it counts as sent over TLS."""
        strict = os.environ.get(TLS_VARIABLE) == "strict"
        inside = self.caller.kind is Callers.SERVICE
        return not strict or inside or self._context.request.scheme == "https"

    def signature(self) -> tuple[str, str, int | None]:
        """Place, algorithm and age of the signature."""
        return credentials.signature(self._context)

    def unique_id(self) -> str:
        """The id of the caller's user or role."""
        return str(getattr(self._holder, "id", ""))

    def issued(self) -> str:
        """When temporary credentials were issued."""
        session = credentials.session(self._context)
        return session.issued if session else ""

    def function_arn(self) -> str:
        """Lambda names sessions after the function that it gives them to."""
        if ":assumed-role/" not in self.caller.arn:
            return ""
        name = self.caller.arn.rpartition("/")[2]
        found = attached.function(f"function:{name}", self.caller.account, self.region)
        if not found or found.latest().config.role != self.caller.names[-1]:
            return ""
        return str(found.latest().id.unqualified_arn())

    def principal_tags(self) -> Tags:
        """Of the caller and its session."""
        session = credentials.session(self._context)
        return {**tags.of_holder(self._holder), **(session.tags if session else {})}

    def resource_tags(self) -> Tags:
        """Of the resource that the action is about."""
        return tags.of_resource(self._arn)

    def object_tags(self) -> Tags:
        """Of the object version that is there already."""
        return tags.of_object(self.parameters)

    def boundary(self) -> str:
        """Of the user or role whom the request is about."""
        names = {"RoleName": "role", "UserName": "user"}
        for parameter, kind in names.items():
            if name := self.parameters.get(parameter):
                holder = attached.holder(f"arn:aws:iam::{self.owner}:{kind}/{name}")
                return str(getattr(holder, "permissions_boundary_arn", None) or "")
        return ""

    @cached_property
    def _holder(self) -> Any:
        is_identity = self.caller.kind is Callers.IDENTITY
        return attached.holder(self.caller.names[-1]) if is_identity else None


def _bucket_owner(arn: str) -> str | None:
    if ":s3:::" not in arn:
        return None
    found = attached.bucket(arn.rpartition(":")[2])
    return str(found.bucket_account_id) if found else None
