"""Tools and SDKs that others wrote, as their users install and call them.

docs/tools.md has what was tried by hand beside these.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from harness.targets.embedded import EmbeddedTarget
from tests.integration.tools.running import output_of, variables
from tests.locked import locked_environment

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
LOCK = HERE / "requirements.lock"
REGION = "us-east-1"

type Tool = Callable[..., str]


@pytest.fixture(scope="module")
def tools(installation: Path) -> Path:
    """The folder with the tools' programs: an environment of their lock, kept for the next time."""
    return locked_environment(installation, LOCK)


@pytest.fixture(scope="module")
def surroundings(
    target: EmbeddedTarget, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """Environment variables: what `tapstack env` sets, and nothing of the person's."""
    return variables(
        tmp_path_factory.mktemp("home"),
        AWS_ENDPOINT_URL=target.endpoint,
        AWS_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
    )


@pytest.fixture(scope="module")
def tool(surroundings: Mapping[str, str]) -> Tool:
    """Run a tool and return what it prints; a failure fails the test."""
    return partial(output_of, env=dict(surroundings))


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every tool sends in parts."""
    file = tmp_path_factory.mktemp("files") / "big.bin"
    file.write_bytes(os.urandom(17_000_000))
    return file


def test_aioboto3_works_with_it(tools: Path, tool: Tool, big: Path) -> None:
    tool(tools / "python", PROGRAMS / "with_aioboto3.py", big)


def test_s3fs_works_with_it(tools: Path, tool: Tool, big: Path) -> None:
    tool(tools / "python", PROGRAMS / "with_s3fs.py", big)


def test_s3cmd_works_with_it(
    tools: Path, tool: Tool, target: EmbeddedTarget, big: Path, tmp_path: Path
) -> None:
    """It reads no AWS_ENDPOINT_URL, so host and path style are options."""
    host = str(target.endpoint).removeprefix("http://")
    options = (
        *("--config", os.devnull, "--access_key", "test", "--secret_key", "test", "--no-ssl"),
        *("--host", host, "--host-bucket", host, "--region", REGION),
    )

    def s3cmd(*arguments: str | Path) -> str:
        return tool(tools / "python", "-W", "ignore", tools / "s3cmd", *options, *arguments)

    s3cmd("mb", "s3://with-s3cmd")
    s3cmd("put", "--multipart-chunk-size-mb", "5", big, "s3://with-s3cmd/a/ü +&.bin")
    back = tmp_path / "back.bin"
    s3cmd("get", "s3://with-s3cmd/a/ü +&.bin", back)
    assert back.read_bytes() == big.read_bytes()
    assert "AES256" in s3cmd("info", "s3://with-s3cmd/a/ü +&.bin")
    assert "Signature=" in s3cmd("signurl", "s3://with-s3cmd/a/ü +&.bin", "+60")
    s3cmd("del", "--recursive", "--force", "s3://with-s3cmd")
    s3cmd("rb", "s3://with-s3cmd")


def test_stackport_shows_what_there_is(tools: Path, tool: Tool, target: EmbeddedTarget) -> None:
    """It shows what there is."""
    target.client("sqs").create_queue(QueueName="stackport")
    assert "/stackport\n" in tool(tools / "stackport", "list", "sqs")


def test_the_sdk_for_javascript(tool: Tool, installation: Path, big: Path) -> None:
    """The one that functions in Node.js get."""
    sdk = installation / "runtimes" / "nodejs"
    if not (sdk / ".installed").exists():
        assert os.environ.get("TAPSTACK_REQUIRE_RUNTIMES") != "1"
        pytest.skip("needs Node.js and npm when ./tapstack install runs")
    tool("node", PROGRAMS / "with_sdk.cjs", sdk, big)
