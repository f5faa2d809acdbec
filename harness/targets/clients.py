"""boto3 clients that cannot reach real AWS.

An endpoint of this machine and a Region come in; clients go out that know these and dummy
credentials and nothing of their surroundings. The targets make them.
"""

import ipaddress
import os
import threading
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, ConstantProvider

from harness.problems import Problem

ATTEMPTS = 3  # of a request that has no good answer


class LocalClients:
    """boto3 clients of a loopback endpoint that cannot reach real AWS.

    They know the endpoint and dummy credentials and nothing else: no AWS_* variable, no ~/.aws, no
    instance metadata, no proxy. Raises Problem for an endpoint that is not on this machine nor, if
    that is allowed, an address of a `private` network, such as Docker's.
    """

    def __init__(self, endpoint: str, region: str, *, private: bool = False) -> None:
        if not is_loopback(endpoint) and not (private and is_private(endpoint)):
            raise Problem(
                f"{endpoint} is not a loopback address, and a local run speaks to nothing else.",
                "Use an endpoint such as http://127.0.0.1:4566.",
            )
        self._endpoint = endpoint
        self._region = region
        self._session = boto3.Session(botocore_session=_session_without_surroundings())
        self._clients: dict[tuple[str, int], Any] = {}
        self._lock = threading.Lock()  # making a client is not thread-safe, using one is

    def client(self, service: str, *, attempts: int = ATTEMPTS) -> Any:
        """The client of `service`, made once; it sends a request at most `attempts` times."""
        with self._lock:
            if (service, attempts) not in self._clients:
                own = Config(
                    read_timeout=_READ_TIMEOUT_S.get(service, 30),
                    retries={"mode": "standard", "total_max_attempts": attempts},
                )
                self._clients[service, attempts] = self._session.client(
                    service,
                    region_name=self._region,
                    endpoint_url=self._endpoint,
                    aws_access_key_id="test",
                    aws_secret_access_key="test",
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
    session.set_credentials("test", "test")
    return session


def is_loopback(endpoint: str) -> bool:
    """Whether the host of the URL `endpoint` is this machine itself."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_private(endpoint: str) -> bool:
    """Whether the host of the URL `endpoint` is an address of a private network (RFC 1918, 4193).

    Names are not, whatever they resolve to, and neither is where clouds serve credentials.
    """
    try:
        address = ipaddress.ip_address(urlsplit(endpoint).hostname or "")
    except ValueError:
        return False
    return address.is_private and not address.is_link_local
