"""What ./tapstack does before it runs: a checkout of few packages, installed for real."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.function_runtimes import VERSIONS
from harness.polling import wait_until
from tests.conftest import SURROUNDINGS
from tests.integration.machines import (
    BUILD_PACKAGES,
    only,
    python_to_download,
    tools,
    without_python_313,
)

NO_PACKAGES = {"name": "nodejs-runtime", "lockfileVersion": 3, "packages": {"": {}}}
# What a checkout installs: three environments and, where npm is, the AWS SDK for Node.js.
PARTS = 3 + bool(shutil.which("npm"))

Run = subprocess.CompletedProcess[str]


@pytest.fixture
def checkout(tmp_path: Path, project_root: Path) -> Path:
    """A copy of what the installation needs, with locks cut down to few packages."""
    copy = tmp_path / "checkout"
    for file in (
        *("tapstack", "pyproject.toml", "hatch_build.py"),
        *("harness/__init__.py", "harness/install.py", "harness/install_steps.py"),
        *("harness/function_runtimes.py", "harness/problems.py"),
    ):
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project_root / file, copy / file)
    (copy / "harness" / "__main__.py").write_text("print('the command ran')\n")
    shutil.copytree(project_root / "libraries", copy / "libraries")
    real, emulator = project_root / "emulator", copy / "emulator"
    for folder in ("localstack_parity", "runtime"):
        (emulator / folder).mkdir(parents=True)
    (emulator / "localstack_parity" / "__init__.py").write_text("")
    # Without LocalStack among the few packages there is nothing to make an index of.
    (emulator / "localstack_parity" / "service_index.py").write_text("")
    for file in ("hatch_build.py", "installer.lock", "pyproject.toml"):
        shutil.copy(real / file, emulator / file)
    for file, names in {
        "requirements.lock": {"uv", *BUILD_PACKAGES},
        "requirements-dev.lock": {"uv", *BUILD_PACKAGES},
        "emulator/requirements.lock": BUILD_PACKAGES,
        "emulator/runtime/requirements.lock": {"awslambdaric"},
        "harness/run/workers/requirements.lock": {"msgpack"},
    }.items():
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        (copy / file).write_text(only(names, (project_root / file).read_text()))
    shutil.copytree(real / "runtime" / "nodejs", emulator / "runtime" / "nodejs")
    for name in ("package.json", "package-lock.json"):
        (emulator / "runtime" / "nodejs" / name).write_text(json.dumps(NO_PACKAGES))
    return copy


def run(checkout: Path, *arguments: str, **environment: str) -> Run:
    """Run ./tapstack as a person would, from a folder that is not the checkout."""
    return subprocess.run(
        [checkout / "tapstack", *arguments],
        cwd=checkout.parent,
        env={**SURROUNDINGS, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_told(result: Run, *words: str) -> None:
    """The person was told in a line or two, and nothing ran."""
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    said = [line for line in result.stderr.splitlines() if "still at it" not in line]
    assert len(said) <= 3
    for word in words:
        assert word in result.stderr
    assert result.stdout == ""


def test_a_fresh_checkout_installs_itself_once(checkout: Path) -> None:
    """The first command installs, says so and runs; the second just runs."""
    first = run(checkout)
    assert first.stdout == "the command ran\n", first.stderr
    assert first.stderr.count("Installing") == PARTS
    second = run(checkout)
    assert (second.stdout, second.stderr) == ("the command ran\n", "")


def test_what_changed_is_installed_again(checkout: Path) -> None:
    """A lock or a declaration of ours that changed renews what it is installed in, and no more."""
    assert run(checkout).returncode == 0
    for change, installs in {
        "emulator/requirements.lock": ["emulator"],
        "emulator/pyproject.toml": ["emulator"],
        "emulator/runtime/requirements.lock": ["function runtime"],
        "requirements.lock": ["harness"],
        "pyproject.toml": ["harness"],
        "libraries/iam_policies/pyproject.toml": ["harness", "emulator"],
    }.items():
        with open(checkout / change, "a") as file:
            file.write("# changed\n")
        result = run(checkout)
        assert result.stdout == "the command ran\n", result.stderr
        assert re.findall("Installing the (.*) …", result.stderr) == installs


def test_another_library_is_added(checkout: Path) -> None:
    """An installation from before it was needed renews itself, and keeps its packages."""
    run(checkout, "install")
    libraries, kept = checkout / "libraries", checkout / ".venv" / "bin" / "uv"
    made = kept.stat().st_ino
    shutil.copytree(libraries / "iam_policies", libraries / "more")
    (libraries / "more" / "iam_policies").rename(libraries / "more" / "more_policies")
    declaration = libraries / "more" / "pyproject.toml"
    declaration.write_text(re.sub(r"iam([_-])policies", r"more\1policies", declaration.read_text()))
    result = run(checkout)
    assert result.stdout == "the command ran\n", result.stderr
    for python in (".venv/bin/python", ".tapstack/emulator-venv/bin/python"):
        subprocess.run([checkout / python, "-I", "-c", "import more_policies.keys"], check=True)
    assert kept.stat().st_ino == made


def test_a_moved_checkout_is_installed_again(checkout: Path) -> None:
    """Virtual environments cannot be moved, so a checkout that was moved is installed anew."""
    assert run(checkout).returncode == 0
    moved = checkout.rename(checkout.with_name("moved"))
    result = run(moved)
    assert result.stdout == "the command ran\n", result.stderr
    assert result.stderr.count("Installing") == 3


def test_the_tools_of_the_tests_stay(checkout: Path) -> None:
    """After `install --dev` a plain command does not take the tools away again."""
    with open(checkout / "requirements-dev.lock", "a") as lock:
        lock.write("# more\n")
    assert "test tools" in run(checkout, "install", "--dev").stderr
    assert run(checkout).stderr == ""
    assert run(checkout, "install").stderr == ""


def test_a_runtime_of_another_python_is_made_and_kept(checkout: Path) -> None:
    """From the lock of the other; a change of that renews both."""
    version = next((one for one in VERSIONS if shutil.which(f"python{one}")), "")
    if not version:
        pytest.skip(f"needs one of Python {', '.join(VERSIONS)} on the PATH")
    made = run(checkout, "install", "--python", version)
    assert made.returncode == 0, made.stderr
    assert f"Installing the function runtime of Python {version} …" in made.stderr
    runtime = checkout / ".tapstack" / "runtimes" / f"python{version}"
    (client,) = runtime.glob("lib/*/site-packages/awslambdaric")
    assert client.parent.parent.name == f"python{version}"
    assert run(checkout, "install", "--python", version).stderr == ""
    with open(checkout / "emulator" / "runtime" / "requirements.lock", "a") as lock:
        lock.write("# changed\n")
    assert run(checkout).stderr.count("Installing the function runtime") == 2


def test_a_python_that_is_not_there_is_said(checkout: Path) -> None:
    """With what to do."""
    run(checkout)
    python = Path(sys.base_prefix) / "bin" / "python3.13"
    nowhere = str(checkout.parent / "nowhere")
    path = tools(checkout.parent / "bin", {"python3.13": f'exec {python} "$@"'})
    result = run(
        *(checkout, "install", "--python", "3.12"), PATH=path, HOME=nowhere, PYENV_ROOT=nowhere
    )
    assert_told(result, "There is no Python 3.12", "uv python install 3.12")


@pytest.mark.parametrize("reached", [".venv/bin/uv", ".tapstack/emulator-venv/bin/python"])
def test_an_interrupted_installation_is_done_again(checkout: Path, reached: str) -> None:
    """A killed installation is never used by half: the next command completes it."""
    started = subprocess.Popen(
        [checkout / "tapstack"],
        env=SURROUNDINGS,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(
        (checkout / reached).exists, deadline_s=60, interval_s=0.005, describe="the installation"
    )
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    result = run(checkout)
    assert result.stdout == "the command ran\n", result.stderr
    assert "Installing" in result.stderr


def test_two_installations_at_once_make_one(checkout: Path) -> None:
    """The second of two commands waits for the installation of the first and uses it."""
    first = subprocess.Popen(
        [checkout / "tapstack"], env=SURROUNDINGS, stdout=subprocess.PIPE, text=True
    )
    wait_until(
        (checkout / ".venv").exists, deadline_s=60, interval_s=0.005, describe="the installation"
    )
    second = run(checkout)
    assert second.stdout == "the command ran\n", second.stderr
    assert second.stderr == "Another installation is running; waiting for it.\n"
    assert first.communicate()[0] == "the command ran\n"


@pytest.mark.parametrize(
    "pythons",
    [
        {},
        {"python3": "exit 1", "python3.13": "exit 1"},
        {"python3.13": "echo 'pyenv: python3.13: command not found' >&2; exit 127"},
    ],
    ids=["none", "another version", "a version manager without it"],
)
def test_a_missing_python_is_reported(checkout: Path, pythons: Mapping[str, str]) -> None:
    """Without Python 3.13 one sentence says what is needed and one how to get it."""
    path = tools(checkout.parent / "bin", pythons)
    nowhere = str(checkout.parent / "nowhere")
    result = run(checkout, PATH=path, HOME=nowhere, PYENV_ROOT=nowhere)
    assert_told(result, "TapStack needs Python 3.13", "Install it")


@pytest.fixture
def downloads(tmp_path: Path) -> str:
    """The address of a list of Pythons that uv can download."""
    return python_to_download(tmp_path)


def test_another_python_is_enough_to_fetch_one(checkout: Path, downloads: str) -> None:
    """Its pip fetches uv, by the hash of the lock, and uv fetches Python 3.13; once."""
    surroundings = without_python_313(checkout)
    first = run(checkout, **surroundings, UV_PYTHON_DOWNLOADS_JSON_URL=downloads)
    assert first.stdout == "the command ran\n", first.stderr
    assert first.stderr.startswith("There is no Python 3.13 here: fetching one with uv into ")
    python = (checkout / ".venv" / "bin" / "python").resolve()
    assert python.is_relative_to(checkout / ".tapstack" / "python")
    assert not list((checkout / ".tapstack").glob("uv.*"))
    (checkout / ".tapstack" / "installed").unlink()
    again = run(checkout, **surroundings)
    assert again.stdout == "the command ran\n", again.stderr
    assert "fetching" not in again.stderr


def test_uv_with_another_hash_is_not_used(checkout: Path, downloads: str) -> None:
    """What fetches Python runs with the person's rights, as everything that it installs does."""
    lock = checkout / "emulator" / "installer.lock"
    lock.write_text(re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", lock.read_text()))
    result = run(checkout, **without_python_313(checkout), UV_PYTHON_DOWNLOADS_JSON_URL=downloads)
    assert_told(result, "TapStack needs Python 3.13", "python.log")
    assert "DO NOT MATCH THE HASHES" in (checkout / ".tapstack" / "python.log").read_text()


def test_without_a_network_it_says_what_to_bring(checkout: Path) -> None:
    unreachable = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    result = run(checkout, **without_python_313(checkout), **unreachable, NO_PROXY="", no_proxy="")
    assert_told(result, "TapStack needs Python 3.13", "without a network, bring it")
    assert not list((checkout / ".tapstack").glob("uv.*"))


def test_where_nothing_can_be_written_python_is_not_fetched(checkout: Path) -> None:
    """That is the reason then, and not the network."""
    installation = checkout / ".tapstack"
    installation.write_text("a file where the folder should be")
    result = run(checkout, **without_python_313(checkout))
    assert_told(result, f"fetching one failed: {installation} cannot be written")


def test_python_is_found_with_uv(checkout: Path) -> None:
    """Where the PATH has no Python 3.13, uv is asked for one."""
    python = Path(sys.base_prefix) / "bin" / "python3.13"
    path = tools(checkout.parent / "bin", {"uv": f"echo {python}", "python3": "exit 1"})
    result = run(checkout, PATH=path, PYENV_ROOT=str(checkout.parent / "nowhere"))
    assert result.stdout == "the command ran\n", result.stderr


def test_a_missing_network_is_reported(checkout: Path) -> None:
    """If the packages cannot be fetched, that is said, and nothing is half-used afterwards."""
    unreachable = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    unreachable |= {name.lower(): value for name, value in unreachable.items()}
    for _ in range(2):
        result = run(checkout, **unreachable, NO_PROXY="", no_proxy="")
        assert_told(result, "package index cannot be reached", "Check the network")


def test_a_folder_that_cannot_be_made_is_reported(checkout: Path) -> None:
    """A place that cannot be written is said with its path."""
    (checkout / ".tapstack").write_text("a file where the folder should be")
    assert_told(run(checkout), "a folder cannot be written", str(checkout / ".tapstack"))
