"""boto3 clients that cannot reach real AWS: they know one endpoint of this machine, a Region and
credentials of the emulator, and nothing of their surroundings.
"""

import ipaddress
import os
import socket
import threading
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, ConstantProvider
from botocore.utils import parse_timestamp

from harness.problems import Problem

ATTEMPTS = 3  # of a request that has no good answer
KEY_ID = SECRET = "test"  # of the emulator's account


class LocalClients:
    """boto3 clients of a loopback endpoint that cannot reach real AWS.

    They know the endpoint and dummy credentials and nothing else: no AWS_* variable, no ~/.aws, no
    instance metadata, no proxy. Raises Problem for an endpoint that is not on this machine nor, if
    that is allowed, in a `private` network, such as Docker's. `patience_s` is how long an answer
    may take where that is longer than any of AWS.
    """

    def __init__(
        self, endpoint: str, region: str, *, private: bool = False, patience_s: int = 0
    ) -> None:
        check_endpoint(endpoint, private=private)
        self._endpoint = endpoint
        self._region = region
        self._patience_s = patience_s
        self._session = boto3.Session(botocore_session=_session_without_surroundings())
        self._clients: dict[tuple[str, int], Any] = {}
        self._lock = threading.Lock()  # making a client is not thread-safe, using one is

    def client(self, service: str, *, attempts: int = ATTEMPTS) -> Any:
        """The client of `service`, made once; it sends a request at most `attempts` times."""
        with self._lock:
            if (service, attempts) not in self._clients:
                own = Config(
                    read_timeout=self._patience_s or _READ_TIMEOUT_S.get(service, 30),
                    retries={"mode": "standard", "total_max_attempts": attempts},
                )
                self._clients[service, attempts] = self._session.client(
                    service,
                    region_name=self._region,
                    endpoint_url=self._endpoint,
                    aws_access_key_id=KEY_ID,
                    aws_secret_access_key=SECRET,
                    config=_CONFIG.merge(own),
                )
            return self._clients[service, attempts]


_READ_TIMEOUT_S = {"lambda": 70}  # a synchronous invocation may take the function's 60 s
_CONFIG = Config(
    connect_timeout=5,
    max_pool_connections=64,
    proxies={},
    s3={"addressing_style": "path"},
    # A checksum that the operation does not require costs CPU that is the pipeline's here.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


def _session_without_surroundings() -> botocore.session.Session:
    """A botocore session in which every setting has its default, whatever surrounds the process."""
    session = botocore.session.Session()
    settings = session.get_component("config_store")
    for name, (_, _, default, _) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items():
        settings.set_config_provider(name, ConstantProvider(default))
    for file in ("config_file", "credentials_file"):
        settings.set_config_provider(file, ConstantProvider(os.devnull))
    # By default dateutil guesses the form of each time, which takes most of reading a listing.
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=read_time)
    session.set_credentials(KEY_ID, SECRET)
    session.register("before-parse", _read_plain_errors)
    return session


def _read_plain_errors(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Have botocore take an error that is no XML for one of HTTP, with its status as the code.

    A server that is too busy, or a proxy, answers without a service's form. Where XML is due,
    botocore knows that of HTML alone, and raises of other text what is no error of an answer.
    """
    if (
        operation_model.service_model.resolved_protocol == "query"
        and response_dict["status_code"] >= HTTPStatus.INTERNAL_SERVER_ERROR
        and not (response_dict["body"] or b"").lstrip().startswith(b"<")
    ):
        response_dict["body"] = b""


def read_time(value: str | float) -> datetime:
    """A time in an answer; most are as "2026-11-27T10:00:00.000Z" (Smithy, `timestampFormat`)."""
    if isinstance(value, str) and "T" in value and value.endswith("Z"):
        return datetime.fromisoformat(value)
    time: datetime = parse_timestamp(value)
    return time


def check_endpoint(endpoint: str, *, private: bool) -> None:
    """Problem unless `endpoint` is a URL of this machine, or may be and is of a private network."""
    try:
        parts = urlsplit(endpoint)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise Problem(
            f"{endpoint!r} is not the URL of an endpoint.",
            "Use one such as http://127.0.0.1:4566.",
        )
    if is_loopback(endpoint):
        return
    if not private:
        raise Problem(
            f"{endpoint} is not on this machine, and a local run speaks to nothing else.",
            "If it is an emulator of your own, in a network of your own, say so with "
            "ENDPOINT_PRIVATE=1.",
        )
    if not is_private(endpoint):
        raise Problem(
            f"{endpoint} is not in a private network: that could be AWS itself.",
            "Use a name or an address of your own network, such as http://emulator:4566.",
        )


def is_loopback(endpoint: str) -> bool:
    """Whether the host of the URL `endpoint` is this machine itself."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_private(endpoint: str) -> bool:
    """Whether the host of the URL `endpoint` is of a private network (RFC 1918, 4193).

    A name is if all that it resolves to is: services of CI runners and containers have names. Where
    clouds serve credentials is not, nor is any name of AWS's. Problem for a name that nobody knows.
    """
    host = urlsplit(endpoint).hostname or ""
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")):
        return False
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError) as error:
        raise Problem(
            f"The name {host!r} of {endpoint} cannot be resolved here.",
            "Start what has this name, or correct ENDPOINT_URL.",
        ) from error
    addresses = [ipaddress.ip_address(address.split("%")[0]) for address in found]
    private = [each.is_private and not each.is_link_local for each in addresses]
    return bool(private) and all(private)
