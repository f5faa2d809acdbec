"""Condition keys of all services: who asks, from where, when, and with which tags.

Sources: IAM User Guide, "AWS global condition context keys", and "Variables and tags" for the
values of aws:userid and aws:username.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from iam_policies.evaluation import Callers
from iam_policies.facts import Facts, Tags, Value, text


def _is_service(facts: Facts) -> bool:
    return facts.caller.kind is Callers.SERVICE


def _of_services(read: Callable[[Facts], Value]) -> Callable[[Facts], Value]:
    return lambda facts: read(facts) if _is_service(facts) else None


def _of_others(read: Callable[[Facts], Value]) -> Callable[[Facts], Value]:
    return lambda facts: None if _is_service(facts) else read(facts)


def _principal_type(facts: Facts) -> str:
    kind = facts.caller.kind
    if kind is Callers.IDENTITY:
        kinds = {":assumed-role/": "AssumedRole", ":federated-user/": "FederatedUser"}
        return next((kind for part, kind in kinds.items() if part in facts.caller.arn), "User")
    return {Callers.ROOT: "Account", Callers.SERVICE: "Service"}.get(kind, "Anonymous")


def _user_id(facts: Facts) -> Value:
    match facts.caller.kind:
        case Callers.ANONYMOUS:
            return "anonymous"
        case Callers.ROOT:
            return facts.caller.account
        case Callers.SERVICE:
            return None
    if ":federated-user/" in facts.caller.arn:
        return f"{facts.caller.account}:{facts.caller.arn.rpartition('/')[2]}"
    session = facts.caller.arn.rpartition("/")[2] if ":assumed-role/" in facts.caller.arn else ""
    return f"{facts.unique_id()}:{session}" if session else facts.unique_id() or None


def _user_name(facts: Facts) -> Value:
    if facts.caller.kind is Callers.ANONYMOUS:
        return "anonymous"
    return facts.caller.arn.rpartition("/")[2] if ":user/" in facts.caller.arn else None


def _source_owner(facts: Facts) -> Value:
    """Deprecated, and given only by services that always gave it: alarms do, S3 does not."""
    alarms = facts.caller.names[:1] == ("cloudwatch.amazonaws.com",)
    return facts.source_account if alarms else None


def _now() -> datetime:
    return datetime.now(UTC)


GLOBAL: dict[str, Callable[[Facts], Value]] = {
    "aws:currenttime": lambda facts: text(_now()),
    "aws:epochtime": lambda facts: str(int(_now().timestamp())),
    # Of temporary credentials always; a caller with an access key of a user has no such key.
    "aws:multifactorauthpresent": lambda facts: "false" if facts.issued() else None,
    "aws:principalaccount": lambda facts: facts.caller.account or None,
    "aws:principalarn": _of_others(
        lambda facts: facts.caller.names[-1] if facts.caller.names else None
    ),
    "aws:principalisawsservice": lambda facts: str(_is_service(facts)).lower(),
    "aws:principalservicename": _of_services(lambda facts: facts.caller.arn),
    "aws:principalservicenameslist": _of_services(lambda facts: facts.caller.names),
    "aws:principaltype": _principal_type,
    "aws:referer": lambda facts: facts.header("Referer") or None,
    "aws:requestedregion": lambda facts: facts.region,
    "aws:resourceaccount": lambda facts: facts.owner,
    "aws:securetransport": lambda facts: str(facts.encrypted()).lower(),
    "aws:sourceaccount": _of_services(lambda facts: facts.source_account),
    "aws:sourcearn": _of_services(lambda facts: facts.source_arn or None),
    "aws:sourceip": _of_others(lambda facts: facts.address() or None),
    "aws:sourceowner": _of_services(_source_owner),
    "aws:tagkeys": lambda facts: _tag_keys(facts.parameters),
    "aws:tokenissuetime": lambda facts: facts.issued() or None,
    "aws:useragent": lambda facts: facts.header("User-Agent") or None,
    "aws:userid": _user_id,
    "aws:username": _user_name,
    "aws:viaawsservice": lambda facts: "false",
    "lambda:sourcefunctionarn": lambda facts: facts.function_arn() or None,
}


# Tags: the key of a tag is in the name of the condition key, in any case.


def _tags(written: Any) -> Tags:
    if isinstance(written, Mapping):
        return {str(name): str(value) for name, value in written.items()}
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in written or ()}


def _request_tags(facts: Facts) -> Tags:
    return _tags(facts.parameters.get("Tags") or facts.parameters.get("tags"))


def _tag_keys(parameters: Mapping[str, Any]) -> Value:
    names = ("TagKeys", "tagKeys", "resourceTagKeys")
    removed = next((parameters[name] for name in names if parameters.get(name)), ())
    return tuple(_tags(parameters.get("Tags") or parameters.get("tags"))) or text(removed)


def object_tags(facts: Facts) -> Tags:
    """Return the tags that a request gives to an object: in a header, or in a document."""
    written = facts.parameters.get("Tagging")
    if isinstance(written, str):
        return dict(parse_qsl(written, keep_blank_values=True))
    return _tags((written or {}).get("TagSet"))


TAGS: dict[str, Callable[[Facts], Tags]] = {
    "aws:principaltag/": lambda facts: facts.principal_tags(),
    "aws:requesttag/": _request_tags,
    "aws:resourcetag/": lambda facts: facts.resource_tags(),
    "iam:resourcetag/": lambda facts: facts.resource_tags(),
    "s3:existingobjecttag/": lambda facts: facts.object_tags(),
    "s3:requestobjecttag/": object_tags,
}
