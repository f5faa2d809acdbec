from pathlib import Path

import pytest

from harness.problems import Problem
from harness.settings import positive_count, read_settings


def test_defaults_describe_a_dev_environment() -> None:
    """Without options and environment the stack is tapstack-dev on port 4566."""
    settings = read_settings(env={})
    assert (settings.stack_name, settings.port, settings.target, settings.region) == (
        "tapstack-dev",
        4566,
        "auto",
        "us-east-1",
    )


def test_an_option_wins_over_the_environment() -> None:
    """What is said on the command line counts more than what the shell exports."""
    env = {"ENVIRONMENT": "staging", "TAPSTACK_PORT": "4570"}
    settings = read_settings({"suffix": "pr-42", "port": None}, env)
    assert (settings.suffix, settings.port) == ("pr-42", 4570)


def test_paths_are_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative state folder is one below the folder the command was called in."""
    monkeypatch.chdir(tmp_path)
    assert read_settings(env={"TAPSTACK_STATE": "state"}).state_dir == tmp_path / "state"


def test_pictures_are_made_once_for_all_state_folders() -> None:
    """They are kept with the installation, which one checkout has once."""
    one, other = (read_settings(env={"TAPSTACK_STATE": name}) for name in ("one", "other"))
    assert one.pictures == other.pictures == one.installation / "pictures"


def test_the_persons_aws_region_is_not_read() -> None:
    """AWS_* variables belong to the person's AWS and say nothing about a local run."""
    assert read_settings(env={"AWS_REGION": "eu-west-1"}).region == "us-east-1"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[("suffix", bad) for bad in ("Dev", "-dev", "dev-", "d" * 21, "dev_1", "dev\n", "dév")],
        *[("email", bad) for bad in ("ops", "ops@", "@example.com", "a b@example.com", "a@b")],
        *[("port", bad) for bad in ("65536", "http", "-1", "45.5", "²")],
        *[("region", bad) for bad in ("us-east", "US-EAST-1", "local")],
        *[("node_versions", bad) for bad in ("18", "22,24", "20  22", "v22")],
    ],
)
def test_a_malformed_value_is_named_with_its_form(option: str, value: str) -> None:
    """The problem quotes the value and says what it must look like."""
    with pytest.raises(Problem) as problem:
        read_settings({option: value}, env={})
    assert repr(value) in problem.value.happened
    assert "Use" in problem.value.remedy
    assert problem.value.exit_code == 2


def test_the_longest_suffix_is_twenty_characters() -> None:
    """20 characters keep every bucket name within S3's 63."""
    assert read_settings({"suffix": "d" * 20}, env={}).suffix == "d" * 20


@pytest.mark.parametrize("value", ["0", "-3", "many", "1e3", "2.5", "", "1000001"])
def test_a_bad_count_is_a_problem(value: str) -> None:
    """Counts are whole numbers of at least one."""
    with pytest.raises(Problem, match="number of images"):
        positive_count(value, "images")


def test_home_is_expanded() -> None:
    """`~` in a path means the person's home folder."""
    assert (
        read_settings({"reports_dir": "~/reports"}, env={}).reports_dir == Path.home() / "reports"
    )
