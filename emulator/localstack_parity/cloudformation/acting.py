"""What CloudFormation itself reads and invokes for a template, with the rights of who acts.

Macros are invoked, AWS::Include reads an object, dynamic references and parameters of a type such
as AWS::SSM::Parameter::Value<String> read what is stored. LocalStack does all of that as the
account. On AWS it takes the rights of the caller, or of the stack's service role (identity.py).

A macro gets the template without its section Transform.

Sources: CloudFormation User Guide, "Using macros": "the user must have Invoke permissions … To
prevent potential escalation of permissions, CloudFormation impersonates the user"; "Dynamic
references": "you must have access to call GetParameters"; AWS re:Post, "How do I troubleshoot
missing permission errors in CloudFormation?". The messages are those that people report. What a
macro gets is recorded in LocalStack's tests at v4.14.0: `cloudformation/test_template_engine.py`,
`test_validate_lambda_internals`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.connect import ServiceLevelClientFactory, connect_to
from localstack.services.cloudformation.engine.template_preparer import parse_template
from localstack.services.cloudformation.engine.transformers import FailedTransformationException
from localstack.services.cloudformation.engine.v2 import (
    change_set_model_preproc,
    change_set_model_transform,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    ChangeSetModelPreproc,
    PreprocEntityDelta,
)
from localstack.services.cloudformation.engine.v2.change_set_model_transform import (
    INCLUDE_TRANSFORM,
    ChangeSetModelTransform,
)
from localstack.services.cloudformation.engine.v2.resolving import DynamicReference
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2 import provider
from localstack.utils.patch import patch

from localstack_parity.cloudformation.resolving import UnresolvedError

_DENIED = ("AccessDenied", "AccessDeniedException")
_NO_PARAMETERS = "AccessDenied. User doesn't have permission to call ssm:GetParameters"


@dataclass
class _Actor:
    """Who acts: an access key, "" the account's own; and what was refused while planning."""

    key: str
    is_planning: bool
    refusal: str = ""


_actor: ContextVar[_Actor | None] = ContextVar("actor", default=None)


@contextmanager
def planning(key: str) -> Iterator[None]:
    """Make a change set with the rights of a key.

    Raises ValidationError in the end if a parameter was not to be read, which LocalStack ignores.
    """
    with _acting(_Actor(key, is_planning=True)) as actor:
        try:
            yield
        except Exception:
            if not actor.refusal:
                raise
        if actor.refusal:
            raise ValidationError(actor.refusal)


@contextmanager
def executing(key: str) -> Iterator[None]:
    """Change a stack with the rights of a key."""
    with _acting(_Actor(key, is_planning=False)):
        yield


@contextmanager
def _acting(actor: _Actor) -> Iterator[_Actor]:
    before = _actor.set(actor)
    try:
        yield actor
    finally:
        _actor.reset(before)


def install() -> None:
    """Have LocalStack read and invoke with the actor's rights."""
    change_set_model_preproc.perform_dynamic_reference_lookup = _referred
    provider.resolve_ssm_parameter = _typed_parameter
    change_set_model_transform.connect_to = _clients

    @patch(ChangeSetModelPreproc._maybe_perform_dynamic_replacements)
    def resolve(
        _: Any, engine: ChangeSetModelPreproc, delta: PreprocEntityDelta
    ) -> PreprocEntityDelta:
        if isinstance(delta.before, str):
            delta.before = _as_it_was(engine, delta.before)
        if isinstance(delta.after, str):
            delta.after = engine._perform_dynamic_replacements(delta.after)
        return delta

    @patch(ChangeSetModelTransform._invoke_macro)
    def invoke_macro(
        original: Any,
        transform: ChangeSetModelTransform,
        name: str,
        *,
        fragment: dict[str, Any],
        **more: Any,
    ) -> Any:
        if "Resources" in fragment:  # a whole template
            fragment = {key: part for key, part in fragment.items() if key != "Transform"}
        try:
            return original(transform, name, fragment=fragment, **more)
        except ClientError as error:
            macro = f"{transform._change_set.account_id}::{name}"
            raise _failed(macro, error.response["Error"].get("Message", "")) from None

    @patch(ChangeSetModelTransform._compute_include_transform)
    def include(
        _: Any, transform: ChangeSetModelTransform, parameters: Any, fragment: Any
    ) -> dict[str, Any]:
        change_set = transform._change_set
        text = _included(parameters or {}, change_set.account_id, change_set.region_name)
        try:
            return {**fragment, **parse_template(text)}
        except Exception:
            raise _failed(
                INCLUDE_TRANSFORM, "The specified S3 object's content should be valid Yaml/JSON"
            ) from None


def _as_it_was(engine: ChangeSetModelPreproc, text: str) -> str:
    """Resolve what the former template says; that it can no longer be read is no failure."""
    actor = _actor.get()
    refusal = actor.refusal if actor else ""
    try:
        return str(engine._perform_dynamic_replacements(text))
    except UnresolvedError:
        if actor:
            actor.refusal = refusal
        return text


def _clients(aws_access_key_id: str, region_name: str) -> ServiceLevelClientFactory:
    """Clients that call with the actor's key, or with the given one of the account."""
    actor = _actor.get()
    key = actor.key if actor and actor.key else aws_access_key_id
    # A call of one service to another is judged by the key that it is made with.
    return connect_to(
        aws_access_key_id=key,
        aws_secret_access_key="of a call within the process",
        region_name=region_name,
    )


def _failed(transform: str, why: str) -> FailedTransformationException:
    return FailedTransformationException(transform, f"Transform {transform} failed with: {why}")


def _included(parameters: dict[str, Any], account: str, region: str) -> str:
    """Return the text of the object that AWS::Include names."""
    location = str(parameters.get("Location") or "")
    bucket, _, key = location.removeprefix("s3://").partition("/")
    if not location.startswith("s3://") or not key:
        raise _failed(
            INCLUDE_TRANSFORM, f"Unexpected Location parameter for AWS::Include: {location}"
        )
    try:
        found = _clients(account, region).s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            raise _failed(INCLUDE_TRANSFORM, f"S3 bucket [{bucket}] does not exist.") from None
        raise _failed(INCLUDE_TRANSFORM, error.response["Error"].get("Message", "")) from None
    return str(found["Body"].read().decode(errors="replace"))


def _referred(reference: DynamicReference, account_id: str, region_name: str) -> str | None:
    """Return what a dynamic reference means; None while it stays as it is written.

    Secrets are read when a resource needs them; a description of a change set reads nothing.
    """
    actor = _actor.get()
    if actor is None:
        return None
    match reference.service_name:
        case "ssm":
            return _parameter(account_id, region_name, reference.reference_key)
        case "ssm-secure" | "secretsmanager" if actor.is_planning:
            return None
        case "ssm-secure":
            return _parameter(account_id, region_name, reference.reference_key, secure=True)
        case "secretsmanager":
            return _secret(account_id, region_name, reference.reference_key)
    raise UnresolvedError(f"Dynamic references to {reference.service_name} are not emulated here.")


def _typed_parameter(account_id: str, region_name: str, name: str) -> str:
    """Return what a template's parameter of an SSM type stands for.

    If it is not there LocalStack has AWS's words, those for a parameter without a value: recorded
    by its test test_resolve_ssm_missing_parameter in cloudformation/test_template_engine.py.
    """
    found = _stored(account_id, region_name, name, secure=False)
    if found is None:
        raise UnresolvedError(name)
    return found


def _parameter(account_id: str, region_name: str, name: str, *, secure: bool = False) -> str:
    """Return a parameter of the Parameter Store that a dynamic reference names."""
    found = _stored(account_id, region_name, name, secure=secure)
    if found is None:
        raise _unresolved(
            f"Parameters: [{'ssm-secure' if secure else 'ssm'}:{name}] cannot be found."
        )
    return found


def _stored(account_id: str, region_name: str, name: str, *, secure: bool) -> str | None:
    """Return a parameter of the Parameter Store, None if it is not there."""
    ssm = _clients(account_id, region_name).ssm
    try:
        found = ssm.get_parameters(Names=[name], WithDecryption=secure)["Parameters"]
    except ClientError as error:
        denied = error.response["Error"]["Code"] in _DENIED
        raise _unresolved(_NO_PARAMETERS if denied else str(error)) from None
    return str(found[0]["Value"]) if found else None


def _secret(account_id: str, region_name: str, key: str) -> str:
    """Return a secret, or a field of it: `id[:SecretString[:field[:stage[:version]]]]`."""
    secret, _, rest = key.partition(":SecretString")
    field, stage, version = [*rest.removeprefix(":").split(":"), "", ""][:3]
    wanted = {"VersionStage": stage} if stage else {"VersionId": version} if version else {}
    try:
        found = _clients(account_id, region_name).secretsmanager.get_secret_value(
            SecretId=secret, **wanted
        )
    except ClientError as error:
        raise _unresolved(error.response["Error"].get("Message", "")) from None
    text = str(found.get("SecretString", ""))
    if not field:
        return text
    try:
        return str(json.loads(text)[field])
    except (ValueError, KeyError, TypeError):
        raise _unresolved(
            f"Could not find a value associated with JSONKey in SecretString: {field}"
        ) from None


def _unresolved(why: str) -> UnresolvedError:
    actor = _actor.get()
    if actor and actor.is_planning and not actor.refusal:
        actor.refusal = why
    return UnresolvedError(why)
