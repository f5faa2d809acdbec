"""What a request says about itself: the condition keys that policies can ask for.

In: a request, its caller and action. Out: a Context whose values are worked out when a policy asks
for them. Called by guard.py.
Sources: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, whose
tables say which keys of a service belong to which action.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from localstack.aws.api import RequestContext

from localstack_parity.iam import attached, callers, reference, resources
from localstack_parity.iam.actions import Needed
from localstack_parity.iam.evaluation import Caller, Callers

# "strict" takes plain HTTP for what it is; otherwise every request counts as sent over TLS, as
# clients of AWS do it.
TLS_VARIABLE = "TAPSTACK_IAM_TLS"

type _Value = str | tuple[str, ...] | None

# Keys that are a parameter of the request.
_FROM_PARAMETERS = {
    "cloudwatch:namespace": "Namespace",
    "iam:permissionsboundary": "PermissionsBoundary",
    "iam:policyarn": "PolicyArn",
    "lambda:principal": "Principal",
    "s3:delimiter": "Delimiter",
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
    "s3:locationconstraint": "LocationConstraint",
    "s3:max-keys": "MaxKeys",
    "s3:object-lock-legal-hold": "ObjectLockLegalHoldStatus",
    "s3:object-lock-mode": "ObjectLockMode",
    "s3:prefix": "Prefix",
    "s3:versionid": "VersionId",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-copy-source": "CopySource",
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
    "sns:endpoint": "Endpoint",
    "sns:protocol": "Protocol",
    "sts:externalid": "ExternalId",
    "sts:rolesessionname": "RoleSessionName",
    "sts:sourceidentity": "SourceIdentity",
}


class RequestKeys(Mapping[str, str | tuple[str, ...]]):
    """The condition keys of one needed action, in lower case."""

    def __init__(self, context: RequestContext, caller: Caller, needed: Needed, owner: str) -> None:
        self._context = context
        self._caller = caller
        self._needed = needed
        self._owner = owner
        self._found: dict[str, _Value] = {}

    def __getitem__(self, key: str) -> str | tuple[str, ...]:
        if key not in self._found:
            self._found[key] = self._read(key)
        value = self._found[key]
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def _read(self, key: str) -> _Value:
        if key in _GLOBAL:
            return _GLOBAL[key](self)
        if key.startswith("aws:requesttag/"):
            return self._tags().get(key.partition("/")[2])
        if not self._knows(key):
            return None
        if key.startswith("s3:requestobjecttag/"):
            return self._object_tags().get(key.partition("/")[2])
        if key == "s3:requestobjecttagkeys":
            return tuple(self._object_tags()) or None
        if key == "s3:prefix":
            return str(self._needed.parameters.get("Prefix") or "")
        if key in _OF_SERVICES:
            return _OF_SERVICES[key](self)
        value = self._needed.parameters.get(_FROM_PARAMETERS.get(key, ""))
        return _text(value)

    def _knows(self, key: str) -> bool:
        """Say whether AWS lists the key for the action."""
        action = reference.action(self._needed.action)
        name, slash, _ = key.partition("/")
        return action is not None and name + slash in action.keys

    def _object_tags(self) -> dict[str, str]:
        written: Any = self._needed.parameters.get("Tagging")
        if isinstance(written, str):
            return {name.lower(): value for name, value in parse_qsl(written)}
        return _pairs((written or {}).get("TagSet"))

    def _tags(self) -> dict[str, str]:
        parameters = self._needed.parameters
        return _pairs(parameters.get("Tags") or parameters.get("tags"))

    # Global keys

    def _is_service(self) -> bool:
        return self._caller.kind is Callers.SERVICE

    def _secure(self) -> str:
        strict = os.environ.get(TLS_VARIABLE) == "strict"
        plain = strict and not self._is_service() and self._context.request.scheme != "https"
        return "false" if plain else "true"

    def _source_ip(self) -> _Value:
        return None if self._is_service() else _text(self._context.request.remote_addr)

    def _source_arn(self) -> _Value:
        return callers.source_arn(self._context) or None if self._is_service() else None

    def _source_account(self) -> _Value:
        """Of the resource that makes the service call; a bucket's ARN does not hold its owner."""
        if not self._is_service():
            return None
        arn = callers.source_arn(self._context)
        return resources.account_of(arn) or _bucket_owner(arn) or self._owner

    def _source_owner(self) -> _Value:
        """Deprecated, and given only by services that always gave it: alarms do, S3 does not."""
        alarms = self._caller.names[:1] == ("cloudwatch.amazonaws.com",)
        return self._source_account() if alarms else None

    def _principal_arn(self) -> _Value:
        return (
            None if self._is_service() else self._caller.names[-1] if self._caller.names else None
        )

    def _principal_type(self) -> str:
        if self._caller.kind is Callers.IDENTITY:
            return "AssumedRole" if ":assumed-role/" in self._caller.arn else "User"
        return {Callers.ROOT: "Account", Callers.SERVICE: "Service"}.get(
            self._caller.kind, "Anonymous"
        )

    def _user_name(self) -> _Value:
        user = ":user/" in self._caller.arn
        return self._caller.arn.rsplit("/", 1)[-1] if user else None


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pairs(tags: Any) -> dict[str, str]:
    if isinstance(tags, dict):
        return {str(name).lower(): str(value) for name, value in tags.items()}
    return {str(tag["Key"]).lower(): str(tag.get("Value", "")) for tag in tags or ()}


def _bucket_owner(arn: str) -> str | None:
    if ":s3:::" not in arn:
        return None
    found = attached.bucket(arn.rpartition(":")[2])
    return str(found.bucket_account_id) if found else None


_GLOBAL: dict[str, Callable[[RequestKeys], _Value]] = {
    "aws:currenttime": lambda keys: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "aws:epochtime": lambda keys: str(int(datetime.now(UTC).timestamp())),
    "aws:principalaccount": lambda keys: keys._caller.account or None,
    "aws:principalarn": RequestKeys._principal_arn,
    "aws:principalisawsservice": lambda keys: str(keys._is_service()).lower(),
    "aws:principalservicename": lambda keys: keys._caller.arn if keys._is_service() else None,
    "aws:principaltype": RequestKeys._principal_type,
    "aws:requestedregion": lambda keys: keys._context.region,
    "aws:resourceaccount": lambda keys: keys._owner,
    "aws:securetransport": RequestKeys._secure,
    "aws:sourceaccount": RequestKeys._source_account,
    "aws:sourcearn": RequestKeys._source_arn,
    "aws:sourceip": RequestKeys._source_ip,
    "aws:sourceowner": RequestKeys._source_owner,
    "aws:tagkeys": lambda keys: tuple(keys._tags()) or None,
    "aws:useragent": lambda keys: _text(keys._context.request.headers.get("User-Agent")),
    "aws:username": RequestKeys._user_name,
    "aws:viaawsservice": lambda keys: "false",
}

_OF_SERVICES: dict[str, Callable[[RequestKeys], _Value]] = {
    "iam:passedtoservice": lambda keys: f"{keys._context.service.service_name}.amazonaws.com",
    "s3:authtype": lambda keys: (
        "REST-QUERY-STRING" if "X-Amz-Signature" in keys._context.request.args else "REST-HEADER"
    ),
    "s3:objectcreationoperation": lambda keys: str(
        keys._context.operation.name
        in ("PutObject", "CopyObject", "CompleteMultipartUpload", "PostObject")
    ).lower(),
    "s3:resourceaccount": lambda keys: keys._owner,
    "s3:signatureversion": lambda keys: "AWS4-HMAC-SHA256",
    "s3:tlsversion": lambda keys: "1.3" if keys._secure() == "true" else None,
}
