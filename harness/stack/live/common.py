"""Helpers that the readers of all services share."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from harness.stack.intrinsics import Unknown

type Properties = Mapping[str, Any]

UNREADABLE = Unknown("no API returns it")


class Gone(Exception):
    """The resource, or what a policy is attached to, does not exist."""


def read(call: Callable[..., Any], *codes: str, **arguments: Any) -> dict[str, Any]:
    """What `call` answers; {} if the answer is one of the error `codes`: there is none of it."""
    try:
        return dict(call(**arguments))
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return {}
        raise


def picked(answer: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The properties `names` of an answer that calls them as the template does, None if absent."""
    return {name: answer.get(name) for name in names}


def renamed(answer: Mapping[str, Any], **names: str) -> dict[str, Any]:
    """An answer with some of its keys called as in the template."""
    return {names.get(name, name): value for name, value in answer.items()}


def document(text: Any) -> Any:
    """A policy document, which some APIs give as text and some as data."""
    return json.loads(text) if isinstance(text, str) and text else text


def tags(listed: Any) -> list[dict[str, str]]:
    """Tags as a template has them; AWS's own, which start with aws:, are left out."""
    named = isinstance(listed, Mapping)
    pairs = listed.items() if named else ((tag["Key"], tag["Value"]) for tag in listed)
    return [{"Key": key, "Value": value} for key, value in pairs if not key.startswith("aws:")]
