"""The target `endpoint`: a server with AWS's API that somebody else started."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

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
        if not settings.endpoint:
            raise Problem(
                "The target endpoint needs to know which.",
                "Set ENDPOINT_URL to its URL, such as http://127.0.0.1:4566.",
            )
        self.endpoint, self._asked = settings.endpoint.rstrip("/"), False
        self.log = f"the log of what answers at {self.endpoint}"
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
        raise Problem(
            f"The log of {self.endpoint} is not known here.", "Ask the person who started it."
        )

    def client(self, service: str, *, attempts: int = ATTEMPTS) -> Any:
        """A boto3 client of `service` on it. Problem if what answers there is not AWS's API."""
        if not self._asked:
            self._require_aws()
            self._asked = True
        return self._clients.client(service, attempts=attempts)

    def _require_aws(self) -> None:
        """Any web server answers something; AWS's API says who is calling."""
        try:
            speaks_aws = "Account" in self._clients.client("sts").get_caller_identity()
        except ClientError as error:
            speaks_aws = not str(error.response["Error"].get("Code", "")).isdigit()
        except (ResponseParserError, KeyError, ValueError, TypeError, AttributeError):
            speaks_aws = False
        if not speaks_aws:
            raise Problem(
                f"What answers at {self.endpoint} is not AWS's API.",
                "Start the emulator that you mean, or correct ENDPOINT_URL.",
            )

    def for_functions(self, url: str) -> str:
        """The same: the one who started it may know better."""
        return url
