"""`make wheelhouse` of a checkout of few packages, and an installation from it, offline."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.function_runtimes import NodeSdk
from harness.problems import Problem
from harness.settings import Settings
from harness.targets.image import docker
from harness.wheelhouse.gather import gather, pack_image
from tests.conftest import SURROUNDINGS
from tests.integration.machines import BUILD_PACKAGES, only, python_to_download, tools

Run = subprocess.CompletedProcess[str]
# Of each lock; crontab has no wheel, and its sources want setuptools.
PACKAGES = {
    "requirements.lock": {"uv", *BUILD_PACKAGES},
    "requirements-dev.lock": {"uv", *BUILD_PACKAGES},
    "emulator/requirements.lock": {"crontab", "setuptools", *BUILD_PACKAGES},
    "emulator/runtime/requirements.lock": {"awslambdaric"},
    "harness/run/workers/requirements.lock": {"msgpack"},
    "lambda/image_processor/requirements.lock": {"jmespath"},
}
INSTALLERS = ("cut", "find", "gzip", "ln", "sha256sum", "sort", "tar")
# One of the packages of npm's lock.
NODE_PACKAGE = "tslib"
# The command of the small checkout: it packages its function, as `up` does.
MAIN = """
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.package import build

(package,) = build(Settings(), "x86_64", ["image_processor"])
print(sorted(each.name for each in package.folder.glob("*.dist-info")))
"""


@dataclass(frozen=True)
class Wheelhouse:
    """The folder, what was said when it was made, and the checkout it was made of."""

    folder: Path
    said: Run
    checkout: Path


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Wheelhouse:
    """Made of a copy of the checkout, with locks cut down and no engine."""
    place = tmp_path_factory.mktemp("wheelhouse")
    unneeded = shutil.ignore_patterns(".*_cache", ".git", ".tapstack", ".venv", "build", "reports")
    copy = shutil.copytree(project_root, place / "checkout", ignore=unneeded)
    for name, wanted in PACKAGES.items():
        (copy / name).write_text(only(wanted, (project_root / name).read_text()))
    cut_down(copy / "emulator" / "runtime" / "nodejs")
    (copy / "harness" / "__main__.py").write_text(MAIN)
    # Without LocalStack among the few packages there is nothing to make an index of.
    (copy / "emulator" / "localstack_parity" / "service_index.py").write_text("")
    (copy / ".venv").mkdir()  # git ignores it
    (copy / ".venv" / "mine").touch()
    subprocess.run(["git", "init", "--quiet", copy], check=True)
    folder = place / "stick" / "wheelhouse"
    said = subprocess.run(
        [sys.executable, "-m", "harness.wheelhouse", folder],
        cwd=copy,
        env={
            **SURROUNDINGS,
            "UV_PYTHON_DOWNLOADS_JSON_URL": python_to_download(place),
            "DOCKER_HOST": f"unix://{place}/no-engine",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return Wheelhouse(folder, said, copy)


def cut_down(folder: Path) -> None:
    """Have npm's lock in a folder list one package, which needs no other."""
    lock = json.loads((folder / "package-lock.json").read_text())
    path = f"node_modules/{NODE_PACKAGE}"
    needed = {"dependencies": {NODE_PACKAGE: lock["packages"][path]["version"]}}
    about = {"name": lock["name"], "version": lock["version"], **needed}
    lock["packages"] = {"": about, path: lock["packages"][path]}
    (folder / "package-lock.json").write_text(json.dumps(lock))
    (folder / "package.json").write_text(json.dumps(about))


type Offline = Callable[..., Run]


@pytest.fixture
def offline(tmp_path: Path) -> Offline:
    """Run a command in a network namespace of its own, with no Python 3.13 and empty caches."""
    path = tools(tmp_path / "bin", {})
    for name in INSTALLERS:
        real = shutil.which(name)
        assert real
        Path(path, name).symlink_to(real)

    def run(*command: str | Path, **environment: str) -> Run:
        alone = (shutil.which("unshare") or "", "--user", "--map-root-user", "--net")
        return subprocess.run(
            [*alone, *command],
            cwd=tmp_path,
            env={"PATH": path, "HOME": str(tmp_path / "home"), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_it_installs_and_packages_without_a_network(
    wheelhouse: Wheelhouse, offline: Offline, tmp_path: Path
) -> None:
    """Python, environments and the function's packages all come from the folder."""
    installed = offline(wheelhouse.folder / "install", "mine")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    shown = wheelhouse.said.stdout.split()[-1]
    assert shown in installed.stdout
    project = tmp_path / "mine"
    used = offline(project / "tapstack")
    assert used.stdout == "['jmespath-1.1.0.dist-info']\n", used.stderr
    python = (project / ".venv" / "bin" / "python").resolve()
    assert python.is_relative_to(project / ".tapstack" / "python")
    built = project.glob(".tapstack/emulator-venv/lib/*/site-packages/crontab")
    assert [each.is_dir() for each in built] == [True]
    assert not (project / ".venv" / "mine").exists()
    if shutil.which("npm"):
        sdk = NodeSdk(project / "emulator/runtime/nodejs", project / ".tapstack/runtimes/nodejs")
        assert sdk.complete()
        assert (sdk.folder / "node_modules" / NODE_PACKAGE / "package.json").is_file()
    again = offline(wheelhouse.folder / "install", "mine")
    assert (again.returncode, again.stderr.splitlines()[0]) == (2, "mine is there already.")
    gone = project / ".tapstack" / "wheelhouse"
    gone.unlink()
    gone.symlink_to("elsewhere")
    shutil.rmtree(project / "build")
    stopped = offline(project / "tapstack")
    assert "The wheelhouse elsewhere is not there" in stopped.stderr


def test_a_checkout_that_is_changed_meanwhile_makes_no_wheelhouse(
    wheelhouse: Wheelhouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its parts would not belong together: an image is taken for that of the project beside it."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine")
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    settings = Settings(root=wheelhouse.checkout)
    changed = wheelhouse.checkout / "README.md"

    def change(line: str) -> None:
        if line.startswith("Python"):
            changed.write_text(changed.read_text() + "\nChanged.\n")

    with pytest.raises(Problem, match="was changed while the wheelhouse was made"):
        gather(settings, tmp_path / "wheelhouse", change)
    assert not (tmp_path / "wheelhouse").exists()


def test_it_has_the_projects_distributions(wheelhouse: Wheelhouse) -> None:
    built = {file.name.partition("-")[0] for file in wheelhouse.folder.glob("wheels/*.whl")}
    assert {"tapstack", "localstack_parity", "tapstack_iam_policies"} <= built
    assert "without the emulator's image: No Docker engine answers" in wheelhouse.said.stderr


@pytest.mark.parametrize("change", ["changed", "added", "removed"])
def test_what_is_not_as_it_was_made_is_not_installed(
    wheelhouse: Wheelhouse, offline: Offline, tmp_path: Path, change: str
) -> None:
    copy = shutil.copytree(wheelhouse.folder, tmp_path / "copy", copy_function=os.link)
    (wheel,) = copy.glob("wheels/jmespath-*.whl")
    wheel.unlink()
    if change == "changed":
        wheel.write_bytes(b"another")
    if change == "added":
        os.link(next(wheelhouse.folder.glob("wheels/jmespath-*.whl")), wheel)
        (copy / "wheels" / "setuptools-99-py3-none-any.whl").write_bytes(b"mine")
    result = offline(copy / "install", "mine")
    assert result.returncode == 2
    assert f"{copy} is not as it was made.\n" in result.stderr
    assert not (tmp_path / "mine").exists()


@pytest.mark.docker
def test_an_image_is_carried_along(docker_image: str, tmp_path: Path) -> None:
    """Here one of a few bytes, as TAPSTACK_IMAGE may name it; an engine loads it again."""
    name = f"tapstack-carried:{os.getpid()}"
    (tmp_path / "one").touch()
    with tarfile.open(tmp_path / "small.tar", "w") as tar:
        tar.add(tmp_path / "one", "one")
    assert docker("import", str(tmp_path / "small.tar"), name).returncode == 0
    archive = tmp_path / "image.tar.gz"
    try:
        pack_image(Settings(image=name), archive, print)
        assert docker("image", "rm", name).returncode == 0
        assert docker("load", "--input", str(archive)).returncode == 0
        assert docker("image", "inspect", name).returncode == 0
    finally:
        docker("image", "rm", name)
