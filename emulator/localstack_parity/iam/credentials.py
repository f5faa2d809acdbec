"""Credentials: how a request is signed, and what the session has whose key signed it.

Source: Amazon S3 API Reference, "Authenticating requests (AWS Signature Version 4)" and "Amazon S3
Signature Version 4 Authentication Specific Policy Keys".
"""

from dataclasses import dataclass
from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.sts.models import sts_stores
from moto.sts.models import sts_backends

from iam_policies.facts import Tags
from localstack_parity.authentication import gate
from localstack_parity.iam import callers


@dataclass(frozen=True)
class Session:
    """What temporary credentials are given when they are issued."""

    issued: str
    tags: Tags


def session(context: RequestContext) -> Session | None:
    """Return the session whose key signed a request; None if no session's did."""
    key = callers.access_key(context)
    backend: Any = sts_backends[context.account_id][context.partition]
    found = backend.get_assumed_role_from_access_key(key)
    if found is None:
        return None
    stored: Any = sts_stores[context.account_id][context.region].sessions.get(key) or {}
    tags = {tag["Key"]: tag["Value"] for tag in (stored.get("tags") or {}).values()}
    return Session(found.access_key.create_date.strftime("%Y-%m-%dT%H:%M:%SZ"), tags)


def signature(context: RequestContext) -> tuple[str, str, int | None]:
    """Return the place, the algorithm and the age in milliseconds of a request's signature."""
    if gate.is_internal(context):
        return "REST-HEADER", "AWS4-HMAC-SHA256", 0
    proof = gate.of(context)
    return (proof.place, proof.version, proof.age_ms()) if proof else ("", "", None)
