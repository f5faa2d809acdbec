"""What functions run on in the container: Python 3.13, and Node.js in an image that has it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from harness.settings import Settings, read_settings
from harness.targets.container import ComposeTarget
from tests.integration.node_function import answer

# The first test may have to build the image, and the second another one.
pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]


@pytest.fixture
def settings(tmp_path: Path, docker_compose: None) -> Settings:
    given = {"state_dir": tmp_path / "state", "target": "compose", "port": "0"}
    return read_settings(given)


@pytest.fixture
def plain(settings: Settings) -> Iterator[ComposeTarget]:
    """The emulator in the image as it is usually built."""
    yield from running(settings)


@pytest.fixture
def with_node(settings: Settings) -> Iterator[ComposeTarget]:
    """The emulator in an image with Node.js 22."""
    yield from running(replace(settings, node_versions="22"))


def running(settings: Settings) -> Iterator[ComposeTarget]:
    target = ComposeTarget(settings)
    try:
        target.start()
        yield target
    finally:
        target.stop()


def test_what_the_image_lacks_is_refused_when_a_function_is_created(plain: ComposeTarget) -> None:
    """One sentence says what to do, and nothing is made."""
    for runtime, remedy in (
        ("nodejs22.x", 'build it with NODE_VERSIONS="22", which is TAPSTACK_NODE="22" for'),
        ("python3.12", "use python3.13 or, where it can be installed, TARGET=embedded"),
    ):
        with pytest.raises(ClientError) as refused:
            answer(plain.client, runtime)
        message = refused.value.response["Error"]["Message"]
        assert f"{runtime} is needed to run this function and is not installed in this" in message
        assert remedy in message
        assert message.endswith("installed: python3.13.")
    assert plain.client("lambda").list_functions()["Functions"] == []


def test_an_image_with_node_runs_functions_in_it(with_node: ComposeTarget) -> None:
    """With AWS's SDK, as the function's role; another version than the image's is refused."""
    version, arn = answer(with_node.client, "nodejs22.x")
    assert version.startswith("v22.")
    assert ":assumed-role/who-nodejs22-x/" in arn
    with pytest.raises(ClientError, match=r"installed: python3\.13, nodejs22\.x"):
        answer(with_node.client, "nodejs24.x")
