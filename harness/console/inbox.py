"""What the page Inbox shows: the mails that the emulator keeps, and the confirmation of an address.

Targets without such an inbox say so.
"""

from collections import deque
from dataclasses import asdict
from typing import Any

from harness.naming import as_typed
from harness.problems import Problem
from harness.targets.inbox import Mail, read_mails
from harness.targets.target import Target

SHOWN = 100
_KEPT = 1_000  # of which the page can ask for the text
_EXCERPT = 120  # characters of a mail's text in the list


class Inbox:
    """The mails of a target, as far as they were read; only what is new is asked for."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._mails: deque[Mail] = deque(maxlen=_KEPT)
        self._last = 0

    def look(self) -> dict[str, Any]:
        """The latest mails without their texts, newest first."""
        found = read_mails(self._target.endpoint, self._last)
        if found is None:
            return {"there": False, "total": 0, "mails": []}
        if found:
            self._last = found[-1].number
            self._mails.extend(found)
        latest = list(self._mails)[-SHOWN:][::-1]
        return {"there": True, "total": self._last, "mails": [_listed(mail) for mail in latest]}

    def mail(self, number: int) -> dict[str, Any]:
        """One mail with its text, and whether its address still waits for confirmation."""
        mail = self._find(number)
        return {**asdict(mail), "pending": bool(mail.token) and self._is_pending(mail)}

    def confirm(self, number: int) -> dict[str, Any]:
        """Follow the link of a confirmation mail, as its reader would."""
        mail = self._find(number)
        if not mail.token:
            raise Problem("This mail has no link that confirms.", "Choose the confirmation.")
        self._target.client("sns").confirm_subscription(TopicArn=mail.topic, Token=mail.token)
        return self.mail(number)

    def _find(self, number: int) -> Mail:
        for mail in self._mails:
            if mail.number == number:
                return mail
        raise Problem(
            f"Mail {number} is not in the inbox.",
            as_typed(f"The latest {_KEPT} can be read here, others with `tapstack mail`."),
        )

    def _is_pending(self, mail: Mail) -> bool:
        pages = self._target.client("sns").get_paginator("list_subscriptions_by_topic")
        return any(
            each["Endpoint"] == mail.to and each["SubscriptionArn"] == "PendingConfirmation"
            for page in pages.paginate(TopicArn=mail.topic)
            for each in page["Subscriptions"]
        )


def _listed(mail: Mail) -> dict[str, Any]:
    return {
        **{"number": mail.number, "at": mail.at, "kind": mail.kind, "to": mail.to},
        **{"subject": mail.subject, "excerpt": " ".join(mail.text[:_EXCERPT].split())},
    }
