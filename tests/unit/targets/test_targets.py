import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from botocore.utils import parse_timestamp

from harness.problems import Problem
from harness.settings import Settings, read_settings
from harness.targets.choosing import choose_target
from harness.targets.clients import LocalClients, read_time


def test_an_unknown_target_is_answered_with_those_there_are() -> None:
    """TARGET must be one that exists."""
    with pytest.raises(Problem) as problem:
        choose_target(read_settings({"target": "moon"}, env={}))
    assert "moon" in problem.value.happened
    assert "embedded" in problem.value.remedy


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://s3.amazonaws.com",
        "http://127.0.0.1.example.com:4566",
        "http://10.0.0.5:4566",
        "http://169.254.169.254",
        "http://localhost@example.com",
    ],
)
def test_a_local_target_refuses_an_endpoint_elsewhere(endpoint: str) -> None:
    """Only loopback addresses are local; what to say of one's own network is in the sentence."""
    with pytest.raises(Problem, match="not on this machine") as problem:
        LocalClients(endpoint, "us-east-1")
    assert "ENDPOINT_PRIVATE=1" in problem.value.remedy


@pytest.mark.parametrize(
    ("host", "address"),
    [("emulator", "172.18.0.2"), ("emulator.test", "10.0.0.5"), ("[fd00::5]", "fd00::5")],
)
def test_names_of_a_private_network_are_allowed_once_that_is_said(
    monkeypatch: pytest.MonkeyPatch, host: str, address: str
) -> None:
    """CI services and containers have names, and what they resolve to counts."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [(0, 0, 0, "", (address, 0))])
    LocalClients(f"http://{host}:4566", "us-east-1", private=True)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("example.com", "93.184.216.34"),
        ("vpce-1.s3.us-east-1.vpce.amazonaws.com", "10.0.0.5"),
        ("metadata", "169.254.169.254"),
    ],
)
def test_what_may_be_aws_itself_is_refused_whatever_is_said(
    monkeypatch: pytest.MonkeyPatch, host: str, address: str
) -> None:
    """A private endpoint of AWS's is AWS, and so is a public address."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [(0, 0, 0, "", (address, 0))])
    with pytest.raises(Problem, match="not in a private network"):
        LocalClients(f"http://{host}:4566", "us-east-1", private=True)


@pytest.mark.parametrize("endpoint", ["http://[::1", "127.0.0.1:4566", "http://", "http://a:b"])
def test_what_is_no_url_is_said_so(endpoint: str) -> None:
    """One sentence with a URL as it should be."""
    with pytest.raises(Problem, match="not the URL of an endpoint"):
        LocalClients(endpoint, "us-east-1")


class _Web(BaseHTTPRequestHandler):
    """A web server that answers everything with the same."""

    status, body = 200, b""

    def do_POST(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_POST  # noqa: N815 - as the server calls it

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"{}"),
        (200, b"<a/>"),
        (404, b""),
        (404, b'{"detail": "Not found"}'),
        (501, b"<!DOCTYPE HTML><html><head><meta charset='utf-8'></head></html>"),
    ],
)
def test_a_web_server_is_not_taken_for_aws(tmp_path: Path, status: int, body: bytes) -> None:
    """Whatever it answers, one sentence says that this is not AWS's API."""
    kind = type("Kind", (_Web,), {"status": status, "body": body})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        settings = Settings(state_dir=tmp_path, target="endpoint", endpoint=endpoint)
        with pytest.raises(Problem, match="is not AWS's API"):
            choose_target(settings).client("cloudformation")
        server.shutdown()


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("cloudformation", "describe_stacks"),
        ("cloudwatch", "describe_alarms"),
        ("lambda", "list_functions"),
        ("s3", "list_buckets"),
        ("sns", "list_topics"),
        ("sqs", "list_queues"),
    ],
)
def test_an_error_without_a_services_form_is_an_error_of_the_answer(
    service: str, operation: str
) -> None:
    """A server that has no thread left says so in plain text, whatever the protocol."""
    kind = type("Kind", (_Web,), {"status": 503, "body": b"There are too many connections.\n"})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = LocalClients(f"http://127.0.0.1:{server.server_port}", "us-east-1").client(
            service, attempts=1
        )
        with pytest.raises(ClientError, match="503"):
            getattr(client, operation)()
        server.shutdown()


@pytest.mark.parametrize("service", ["s3", "sts", "lambda", "cloudformation", "logs"])
def test_clients_know_nothing_of_the_surroundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, service: str
) -> None:
    """Neither AWS_* variables nor ~/.aws nor a proxy change where a client goes or as whom."""
    config = tmp_path / ".aws"
    config.mkdir()
    text = (
        "[default]\naws_access_key_id=AKIAREALFILE\naws_secret_access_key=real\n"
        "region=eu-west-1\nendpoint_url=https://real.example.com\nrequest_timeout=1\n"
    )
    (config / "credentials").write_text(text)
    (config / "config").write_text(text)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAREALENV",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real-token",
        "AWS_PROFILE": "no-such-profile",
        "AWS_REGION": "eu-west-2",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "AWS_ENDPOINT_URL": "https://real.example.com",
        "AWS_ENDPOINT_URL_S3": "https://real-s3.example.com",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_DEFAULTS_MODE": "auto",
        "HTTP_PROXY": "http://proxy.example.com:3128",
    }.items():
        monkeypatch.setenv(name, value)

    client = LocalClients("http://127.0.0.1:4999", "us-east-1").client(service)

    assert client.meta.endpoint_url == "http://127.0.0.1:4999"
    assert client.meta.region_name == "us-east-1"
    credentials = client._request_signer._credentials
    assert (credentials.access_key, credentials.token) == ("test", None)
    assert (
        client._endpoint.http_session._proxy_config.proxy_url_for("http://127.0.0.1:4999") is None
    )


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-27T10:00:00.123Z",
        "2026-11-27T10:00:00Z",
        "2026-11-27T10:00:00+01:00",
        "Fri, 27 Nov 2026 10:00:00 GMT",
        "1795773600",
        1795773600.5,
    ],
)
def test_times_are_read_as_botocore_reads_them(value: str | float) -> None:
    """Every form that Smithy's `timestampFormat` has, and an offset."""
    found, wanted = read_time(value), parse_timestamp(value)
    assert (found, found.utcoffset()) == (wanted, wanted.utcoffset())
