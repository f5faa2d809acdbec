from pathlib import Path

import pytest

from harness.problems import Problem
from harness.settings import read_settings
from harness.targets.choosing import choose_target
from harness.targets.clients import LocalClients


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
    """Only loopback addresses are local."""
    with pytest.raises(Problem, match="loopback"):
        LocalClients(endpoint, "us-east-1")


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
