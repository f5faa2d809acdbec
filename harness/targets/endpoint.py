"""The target `endpoint`: something with AWS's API that somebody else started.

Settings come in; a Target goes out.
"""

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from harness.problems import Problem
from harness.settings import Settings
from harness.targets.chaos import takes_faults
from harness.targets.clients import ATTEMPTS, LocalClients
from harness.targets.target import EVERYTHING, OF_AWS, architecture_here


class EndpointTarget:
    """Something with AWS's API that somebody else started: another emulator, a container of a test.

    It is on this machine; or in a private network, if the settings allow that.
    """

    name = "endpoint"

    def __init__(self, settings: Settings) -> None:
        self.region, self.state_dir = settings.region, settings.state_dir
        self.architecture = architecture_here()
        self.log = "not ours to show"
        if not settings.endpoint:
            raise Problem(
                "The target endpoint needs to know which.",
                "Set ENDPOINT_URL to its URL, such as http://127.0.0.1:4566.",
            )
        self.endpoint = settings.endpoint.rstrip("/")
        self._clients = LocalClients(
            settings.endpoint, settings.region, private=settings.endpoint_private
        )

    @property
    def shows(self) -> frozenset[str]:
        """What every emulator is judged on, and faults if it takes them."""
        return EVERYTHING if takes_faults(self.endpoint) else OF_AWS

    def start(self, *, background: bool = True) -> bool:
        """Make sure that it answers: it is not ours to start."""
        if not self.running():
            raise Problem(
                f"Nothing answers at {self.endpoint}.", "Start it, or change ENDPOINT_URL."
            )
        return False

    def stop(self) -> bool:
        """Leave it alone."""
        return False

    def running(self) -> bool:
        """Whether an HTTP server answers there, whatever it says to a question of LocalStack's."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.endpoint}/_localstack/health", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def status(self) -> Mapping[str, str | int | bool | None]:
        """Whether it answers, and where."""
        answers = self.running()
        return {"running": answers, "ready": answers, "endpoint": self.endpoint}

    def log_lines(self, count: int) -> list[str]:
        """Its log is unknown."""
        raise Problem(f"The log of {self.endpoint} is not known here.", "Ask whoever started it.")

    def client(self, service: str, *, attempts: int = ATTEMPTS) -> Any:
        """A boto3 client of `service` on it."""
        return self._clients.client(service, attempts=attempts)

    def for_functions(self, url: str) -> str:
        """The same: whoever started it may know better."""
        return url
