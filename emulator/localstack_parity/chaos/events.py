"""Event notifications of S3 that come twice, late, out of order or never."""

from dataclasses import dataclass

from localstack_parity.chaos import dice, journal, rules
from localstack_parity.chaos.rules import Chance, Document, RuleList

# Of the extra deliveries of an event half come at once, the others up to so much later.
DUPLICATES_WITHIN_S = 1.0

_LONGEST_S = 86_400.0  # a day
_KINDS = ("duplicate", "delay", "drop", "reorder")


@dataclass(frozen=True)
class EventRule:
    """What to do to the events of some objects; `amount` is a count or seconds, as `kind` says."""

    document: Document
    bucket: str | None
    key: str | None
    kind: str
    amount: float
    chance: Chance


def _parse(document: Document) -> EventRule:
    rules.only(document, Chance.FIELDS | {"bucket", "key", *_KINDS})
    kinds = [kind for kind in _KINDS if kind in document]
    if len(kinds) != 1:
        raise ValueError(f"give one of {', '.join(_KINDS)}.")
    return EventRule(
        document=document,
        bucket=rules.text(document, "bucket"),
        key=rules.text(document, "key"),
        kind=kinds[0],
        amount=_amount(document, kinds[0]),
        chance=Chance(document),
    )


def _amount(document: Document, kind: str) -> float:
    if kind == "drop":
        if document["drop"] is not True:
            raise ValueError("'drop' is true; to drop nothing, leave the rule out.")
        return 0
    if document[kind] is None:
        raise ValueError(f"{kind!r} is a number, not null.")
    if kind == "duplicate":
        return rules.whole(document, kind, least=1) or 0
    return rules.number(document, kind, 0, least=0, most=_LONGEST_S)


RULES = RuleList("events", _parse)


def deliveries(bucket: str, key: str, destination: str, **what: str) -> list[float]:
    """The deliveries of one event: the seconds to hold back each, no entry for one that is dropped.

    All rules that strike apply, in their order: with a duplicate and then a reorder, each of the
    deliveries is held back for a share of its own. `what` else is known of the event goes into the
    journal. Ask in the order of the events of a key, for they share their fate with the seed.
    """
    thing = f"{bucket}/{key} to {destination}"
    held = [0.0]
    for rule in RULES.rules:
        if not (rules.matches(rule.bucket, bucket) and rules.matches(rule.key, key)):
            continue
        if not held or not rule.chance.strikes(thing):
            continue
        held = _struck(rule, thing, held)
        journal.record(
            "event",
            dict(rule.document),
            bucket=bucket,
            key=key,
            destination=destination,
            heldSeconds=" ".join(f"{seconds:.3f}" for seconds in held),
            **what,
        )
    return held


def _struck(rule: EventRule, thing: str, held: list[float]) -> list[float]:
    match rule.kind:
        case "drop":
            return []
        case "delay":
            return [seconds + rule.amount for seconds in held]
        case "reorder":
            return [seconds + rule.amount * dice.drawn("reorder", thing) for seconds in held]
        case _:
            extra = range(len(held) * int(rule.amount))
            return held + [held[n % len(held)] + _shortly(thing) for n in extra]


def _shortly(thing: str) -> float:
    return max(0.0, 2 * dice.drawn("duplicate", thing) - 1) * DUPLICATES_WITHIN_S
