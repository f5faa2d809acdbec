"""Which Host headers are those of this emulator."""

import pytest

from localstack_parity.server.names import Names, is_local_origin

HERE = Names(["emulator", "ci.example"], ["127.0.0.1"])


@pytest.mark.parametrize(
    ("host", "before"),
    [
        *(("127.0.0.1", ""), ("127.0.0.1:49153", ""), ("127.1.2.3:80", ""), ("[::1]:4566", "")),
        *(("localhost", ""), ("LOCALHOST.:4566", ""), ("photos.s3.localhost:4566", "photos.s3")),
        ("sqs.us-east-1.localhost.localstack.cloud:4566", "sqs.us-east-1"),
        *(("emulator:4566", ""), ("a.b.emulator", "a.b"), ("ci.example", "")),
        *(("host.docker.internal:4566", ""), ("a1b2.execute-api.localhost", "a1b2.execute-api")),
    ],
)
def test_its_own_names_are_known_with_any_port(host: str, before: str) -> None:
    """Names that the machine, LocalStack or the settings give it, and all names below them."""
    assert HERE.subdomain(host) == before


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.example", "evil.example:4566", "localhost.evil.example", "notlocalhost"),
        *("127.0.0.1.evil.example", "127.0.0.1,evil.example", "example", "203.0.113.9"),
        *("[2001:db8::1]:4566", "localhost@evil.example"),
    ],
)
def test_other_names_are_not(host: str) -> None:
    """A name that somebody else can point at 127.0.0.1 is not ours."""
    assert HERE.subdomain(host) is None


def test_who_listens_everywhere_may_be_found_under_any_address() -> None:
    """An address cannot be given to somebody else, and a container does not know its own."""
    everywhere = Names([], ["0.0.0.0"])
    assert everywhere.subdomain("172.17.0.2:4566") == ""
    assert everywhere.subdomain("[2001:db8::1]:4566") == ""
    assert everywhere.subdomain("evil.example") is None


@pytest.mark.parametrize(
    ("origin", "local"),
    [
        *(("http://localhost:3000", True), ("https://app.localhost", True)),
        *(("http://127.0.0.1:8080", True), ("http://[::1]:8080", True)),
        *(("null", False), ("", False), ("file://", False), ("http://localhost.evil", False)),
        ("chrome-extension://localhost", False),
    ],
)
def test_pages_of_this_machine(origin: str, local: bool) -> None:
    """Only what nobody else can serve is local."""
    assert is_local_origin(origin) is local
