"""Mails of a probe: an address that is confirmed by the link of its mail, and what it then gets."""

from collections.abc import Iterator
from contextlib import contextmanager

from harness.evidence.ledger import Entry
from harness.run.probe import Broken, NotSeen, Probe
from harness.stack.abandoned import api_call, take
from harness.targets.inbox import Mail, read_mails
from harness.targets.undo_log import note

_PENDING = "PendingConfirmation"  # instead of an ARN ("ListSubscriptionsByTopic")


def mails(probe: Probe) -> list[Mail]:
    """All mails that the target keeps. Raises NotSeen where it keeps none."""
    found = read_mails(probe.target.endpoint)
    if found is None:
        raise NotSeen(f"{probe.target.name} keeps no mails that could be counted")
    return found


@contextmanager
def confirmed_address(probe: Probe) -> Iterator[str]:
    """An address of the probe's own, subscribed to the topic as long as the context lasts.

    It is confirmed as its reader would, by the token of the mail that asks for it.
    """
    sns, topic = probe.target.client("sns"), probe.stack.topic
    address = f"{probe.folder}@example.com".lower()
    mails(probe)
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    asked = probe.wait("the mail that asks for a confirmation", lambda: _to(probe, address))
    if [mail.kind for mail in asked] != ["confirmation"] or not asked[0].token:
        raise Broken(f"{address} was not asked to confirm, but got {asked[0].subject!r}")
    arn = sns.confirm_subscription(TopicArn=topic, Token=asked[0].token)["SubscriptionArn"]
    undo = api_call(f"the subscription of {address}", "sns", "unsubscribe", SubscriptionArn=arn)
    undone = note(probe.target, undo)
    try:
        yield address
    finally:
        take(probe.target, undo)
        undone()


def mails_about(probe: Probe, address: str, entry: Entry) -> list[Mail]:
    """The notifications about an upload that an address got."""
    return [
        mail
        for mail in _to(probe, address)
        if mail.kind == "notification" and entry.key in mail.text
    ]


def pending_addresses(probe: Probe) -> list[str]:
    """The addresses that are subscribed to the topic and have not confirmed."""
    pages = probe.target.client("sns").get_paginator("list_subscriptions_by_topic")
    return [
        each["Endpoint"]
        for page in pages.paginate(TopicArn=probe.stack.topic)
        for each in page["Subscriptions"]
        if each["Protocol"] == "email" and each["SubscriptionArn"] == _PENDING
    ]


def notified_unconfirmed(probe: Probe) -> list[str]:
    """Addresses that have not confirmed and got a notification all the same since the run began."""
    pending = pending_addresses(probe)
    return sorted(
        {
            mail.to
            for mail in mails(probe)
            if mail.to in pending and mail.kind != "confirmation" and mail.at >= probe.seen.started
        }
    )


def _to(probe: Probe, address: str) -> list[Mail]:
    return [mail for mail in mails(probe) if mail.to == address]
