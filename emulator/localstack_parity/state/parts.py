"""What this distribution's own modules hold, beside the stores of services."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localstack.services.ses import provider as ses

from localstack_parity.authentication import keys
from localstack_parity.chaos import api as chaos
from localstack_parity.iam import attached, callers, record
from localstack_parity.lambda_runtime import debugging
from localstack_parity.sns import inbox
from localstack_parity.state import services


@dataclass(frozen=True)
class Part:
    """Something that is held; `take` returns a copy of it, and `put` brings it back."""

    name: str
    clear: Callable[[], None]
    take: Callable[[], Any] = lambda: None
    put: Callable[[Any], None] = lambda _: None


def _fill_mails(mails: dict[str, Any]) -> None:
    ses.EMAILS.update(mails)


def _take_ages() -> Any:
    cloudwatch = services.provider("cloudwatch")
    return cloudwatch.cloudwatch_database.ages if cloudwatch else ()


def _put_ages(ages: Any) -> None:
    if cloudwatch := services.provider("cloudwatch"):
        cloudwatch.cloudwatch_database.ages = ages


def _take_events() -> dict[str, Any]:
    function = services.provider("lambda")
    managers = function.lambda_service.event_managers if function else {}
    return {arn: waiting for arn, manager in managers.items() if (waiting := manager.waiting())}


def _put_events(waiting: dict[str, Any]) -> None:
    for arn, events in waiting.items():
        services.provider("lambda").lambda_service.event_managers[arn].take_over(events)


def _take_of(service: str, attribute: str) -> Callable[[], Any]:
    def take() -> Any:
        found = services.provider(service)
        return getattr(found, attribute) if found else None

    return take


def _put_into(service: str, attribute: str) -> Callable[[Any], None]:
    def put(value: Any) -> None:
        if found := services.provider(service):
            setattr(found, attribute, value)

    return put


def _nothing() -> None:
    pass


PARTS = (
    Part("faults", chaos.clear),  # on purpose, for a while: they are not kept
    Part("debugging", debugging.forget),
    Part("sessions", keys.forget_sessions),
    Part("callers", callers.forget),
    Part("roles", attached.forget),
    Part("usage", record.clear, record.take, record.put),
    Part("inbox", inbox.clear, inbox.take, inbox.put),
    Part("ses", ses.EMAILS.clear, lambda: dict(ses.EMAILS), _fill_mails),
    Part("uploads", _nothing, _take_of("s3", "completed"), _put_into("s3", "completed")),
    Part("receives", _nothing, _take_of("sqs", "attempts"), _put_into("sqs", "attempts")),
    Part("ages of metrics", _nothing, _take_ages, _put_ages),
    Part("events of functions", _nothing, _take_events, _put_events),
)
