"""Deliveries to queues, without HTTP between SNS and SQS."""

from typing import Any

from localstack.services.sns import publisher

from localstack_parity import internal_calls


def install() -> None:
    """Let LocalStack's publishers send to queues by internal calls from now on."""
    publisher.connect_to = _Clients(publisher.connect_to)


class _Clients:
    """LocalStack's clients, but for that of SQS."""

    def __init__(self, clients: Any) -> None:
        self._clients = clients

    def __call__(self, **settings: Any) -> Any:
        if settings.keys() == {"region_name"}:
            return _ClientsOfRegion(self._clients, settings["region_name"])
        return self._clients(**settings)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clients, name)


class _ClientsOfRegion:
    def __init__(self, clients: Any, region: str) -> None:
        self._clients = clients
        self._region = region

    @property
    def sqs(self) -> "_Queues":
        return _Queues(self._region)

    def __getattr__(self, service: str) -> Any:
        return getattr(self._clients(region_name=self._region), service)


class _Queues:
    """The two calls that a delivery makes."""

    def __init__(self, region: str) -> None:
        self._settings = {"region": region}

    def request_metadata(self, *, source_arn: str, service_principal: str) -> "_Queues":
        self._settings |= {"source_arn": source_arn, "principal": service_principal}
        return self

    def send_message(self, **parameters: Any) -> Any:
        return internal_calls.call("sqs", "SendMessage", parameters, **self._settings)

    def send_message_batch(self, **parameters: Any) -> Any:
        return internal_calls.call("sqs", "SendMessageBatch", parameters, **self._settings)
