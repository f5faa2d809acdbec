"""The names by which this emulator may be addressed: everything else in a Host header is refused.

A web page that cannot read from 127.0.0.1 can give its own name the address 127.0.0.1 (DNS
rebinding); its requests then count as those of one origin for the browser, and only their Host
header shows where the page came from. An address cannot be rebound, and nobody else can register
`localhost` or a name below it (RFC 6761, section 6.3).
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

# Names of a machine itself, and those by which containers reach it.
_ALWAYS = (
    "localhost",
    "localhost.localstack.cloud",  # LocalStack's public name for 127.0.0.1
    "host.docker.internal",
    "host.containers.internal",
)
_ADDRESSES_EVERYWHERE = frozenset({"0.0.0.0", "::"})


class Names:
    """What may stand in a Host header, with any port.

    `names` come with all names below them, as buckets and APIs have. `listen` are the addresses
    that the emulator listens on: as long as all are loopback addresses, so is every address by
    which it can be reached.
    """

    def __init__(self, names: Iterable[str], listen: Iterable[str]) -> None:
        given = {_name_of(name) for name in (*_ALWAYS, *names, *listen)}
        self._names = frozenset(given - {"", *_ADDRESSES_EVERYWHERE})
        self._any_address = not all(_is_loopback(host) for host in listen)
        self.subdomain = lru_cache(maxsize=256)(self._subdomain)

    def _subdomain(self, host: str) -> str | None:
        """What stands before one of the names in a Host header: "" for a name itself.

        None if it is none of them.
        """
        name = _name_of(host)
        if name in self._names:
            return ""
        if address := _address(name):
            return "" if self._any_address or address.is_loopback else None
        below, _, parent = name.partition(".")
        before = below
        while parent:
            if parent in self._names:
                return before
            below, _, parent = parent.partition(".")
            before = f"{before}.{below}"
        return None


def is_local_origin(origin: str) -> bool:
    """Whether an origin is a server of this machine: a loopback address, or below `localhost`."""
    scheme, separator, host = origin.partition("://")
    if not separator or scheme not in {"http", "https"}:
        return False
    name = _name_of(host)
    return name == "localhost" or name.endswith(".localhost") or _is_loopback(name)


def _name_of(host: str) -> str:
    """The name or address in `name:port` or `[address]:port`."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, _, port = host.rpartition(":")
    if name and ":" not in name and port.isdigit():
        host = name
    return host.removesuffix(".")


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    address = _address(name)
    return name == "localhost" if address is None else address.is_loopback
