"""The emulator's inbox: the mails that SNS would have sent."""

import urllib.error
from dataclasses import dataclass
from typing import Any

from harness.targets import own_routes

PATH = "/_localstack/mail"


@dataclass(frozen=True)
class Mail:
    """A mail with the fields that emulator/README.md describes."""

    number: int
    at: float
    kind: str
    to: str
    sender: str
    subject: str
    text: str
    topic: str
    links: tuple[str, ...] = ()
    token: str = ""


def read_mails(endpoint: str | None, after: int = 0) -> list[Mail] | None:
    """The mails after the one with this number, oldest first; None where there is no inbox.

    Raises OSError where nothing answers.
    """
    if endpoint is None:
        return None
    try:
        document = own_routes.ask(endpoint, f"{PATH}?after={after}")
        return [_mail(each) for each in document["mails"]]
    except (urllib.error.HTTPError, ValueError, TypeError, KeyError):
        return None  # another emulator


def _mail(document: dict[str, Any]) -> Mail:
    return Mail(**{**document, "links": tuple(document["links"])})
