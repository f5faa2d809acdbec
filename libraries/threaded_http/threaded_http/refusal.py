"""What is wrong with a request, and the status that says so."""


class Refusal(Exception):
    """A request that is answered with `status` and one sentence, and ends its connection."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Disconnected(Exception):
    """The client is gone, or sends nothing any more: there is nobody to answer."""
