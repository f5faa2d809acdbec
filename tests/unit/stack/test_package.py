import re
import shutil
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from harness.files import content_hash
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.archive import archive
from harness.stack.failures import DeploymentFailed
from harness.stack.package import build, zipped

# A small wheel with a console script, whose lock names the hash that the index has for it.
LOCK = (
    "jmespath==1.1.0 "
    "--hash=sha256:a5663118de4908c91729bea0acadca56526eb2698e83de10cd116ae0f4e97c64\n"
)


def _checkout(root: Path) -> Settings:
    """A project with one function, `echo`, that needs jmespath."""
    source = root / "lambda" / "echo"
    (source / "tests").mkdir(parents=True)
    (source / "__pycache__").mkdir()
    (source / "handler.py").write_text("import jmespath\n")
    (source / "tests" / "test_echo.py").write_text("raise SystemExit\n")
    (source / "__pycache__" / "handler.cpython-313.pyc").write_bytes(b"noise")
    (source / "README.md").write_text("not code\n")
    (source / "requirements.lock").write_text(LOCK)
    return replace(Settings(), root=root, build_dir=root / "build", state_dir=root / "state")


def test_the_same_inputs_give_the_same_zip(tmp_path: Path) -> None:
    """Two checkouts in different folders make zips of the same bytes and the same name."""
    zips = []
    for name in ("one", "another/place"):
        settings = _checkout(tmp_path / name)
        (package,) = build(settings, "x86_64")
        zips.append(archive(package.folder, settings.state_dir))
    first, second = zips
    assert first.name == second.name
    assert sha256(first.read_bytes()).digest() == sha256(second.read_bytes()).digest()


def test_only_the_zip_of_the_present_content_is_kept(tmp_path: Path) -> None:
    """Editing a function all day does not fill the disk with zips."""
    folder = tmp_path / "echo"
    folder.mkdir()
    other = archive(folder, tmp_path / "zips").rename(tmp_path / "zips" / "echo-other.zip")
    for version in ("1", "2"):
        (folder / "handler.py").write_text(version)
        latest = archive(folder, tmp_path / "zips")
    assert sorted((tmp_path / "zips").iterdir()) == sorted([latest, other])


def test_a_package_holds_sources_and_wheels_and_nothing_else(tmp_path: Path) -> None:
    """No tests, caches, scripts or traces of the installer; metadata of distributions stays."""
    settings = _checkout(tmp_path)
    (package,) = build(settings, "x86_64")
    with zipfile.ZipFile(archive(package.folder, tmp_path)) as zipped:
        names = zipped.namelist()
    assert len(names) == len(set(names))
    assert {name.split("/")[0] for name in names} == {
        "handler.py",
        "jmespath",
        "jmespath-1.1.0.dist-info",
    }
    assert not [name for name in names if name.endswith((".pyc", "RECORD", "INSTALLER"))]


def test_nothing_is_done_twice(tmp_path: Path) -> None:
    """A package whose inputs are the same is left alone."""
    settings = _checkout(tmp_path)
    assert [p.fresh for p in build(settings, "x86_64")] == [True]
    assert [p.fresh for p in build(settings, "x86_64")] == [False]


@pytest.mark.parametrize("change", ["source", "new source", "package", "gone"])
def test_a_change_makes_it_anew(tmp_path: Path, change: str) -> None:
    """Changed sources, and a package somebody touched, lead to a new package."""
    settings = _checkout(tmp_path)
    (before,) = build(settings, "x86_64")
    content = content_hash(before.folder)
    if change == "source":
        (tmp_path / "lambda" / "echo" / "handler.py").write_text("import jmespath as j\n")
    elif change == "new source":
        (tmp_path / "lambda" / "echo" / "more.py").write_text("")
    elif change == "package":
        (before.folder / "handler.py").write_text("broken")
    else:
        shutil.rmtree(before.folder)
    (after,) = build(settings, "x86_64")
    assert after.fresh
    assert (content_hash(after.folder) == content) == (change in {"package", "gone"})


def test_the_architecture_decides_the_wheels(tmp_path: Path, project_root: Path) -> None:
    """Pillow for arm64 is another file than Pillow for x86_64, whatever this machine is."""
    settings = _checkout(tmp_path)
    lock = project_root / "lambda" / "image_processor" / "requirements.lock"
    shutil.copyfile(lock, tmp_path / "lambda" / "echo" / "requirements.lock")
    for architecture, machine in (("arm64", "aarch64"), ("x86_64", "x86_64")):
        (package,) = build(settings, architecture)
        libraries = [path.name for path in package.folder.glob("PIL/_imaging.*.so")]
        assert libraries == [f"_imaging.cpython-313-{machine}-linux-gnu.so"]


def test_boto3_is_left_to_aws(tmp_path: Path, project_root: Path) -> None:
    """What the runtime brings is left out of a package even if its lock names it."""
    settings = _checkout(tmp_path)
    pins = (project_root / "requirements.lock").read_text()
    pin = re.search(r"^s3transfer==.*?(?=^\S)", pins, re.MULTILINE | re.DOTALL)
    assert pin
    (tmp_path / "lambda" / "echo" / "requirements.lock").write_text(LOCK + pin[0])
    (package,) = build(settings, "x86_64")
    assert not list(package.folder.glob("s3transfer*"))


def test_without_network_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package index that does not answer is named; no half-made package stays."""
    settings = _checkout(tmp_path)
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    for name in ("UV_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    with pytest.raises(Problem, match="package index cannot be reached") as problem:
        build(settings, "x86_64")
    assert "echo" in problem.value.happened
    assert [path.name for path in settings.build_dir.iterdir()] == [".lock"]


def test_a_lock_that_contradicts_the_index_is_a_problem(tmp_path: Path) -> None:
    """A wheel with another hash than the locked one is not installed."""
    settings = _checkout(tmp_path)
    lock = tmp_path / "lambda" / "echo" / "requirements.lock"
    lock.write_text(LOCK.replace("a5663118", "00000000"))
    with pytest.raises(Problem, match="could not be installed") as problem:
        build(settings, "x86_64")
    assert problem.value.details


def test_an_unknown_function_is_a_problem(tmp_path: Path) -> None:
    """Asking for a function that has no source names it."""
    with pytest.raises(Problem, match="no source of nobody"):
        build(_checkout(tmp_path), "x86_64", ["nobody"])


def test_a_package_larger_than_aws_takes_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """250 MB unzipped is Lambda's limit; it is checked before anything is uploaded."""
    monkeypatch.setattr("harness.stack.package.MAX_UNZIPPED_BYTES", 1000)
    settings = _checkout(tmp_path)
    with pytest.raises(Problem, match="AWS Lambda takes 250"):
        build(settings, "x86_64")
    assert not (settings.build_dir / "echo").exists()


def test_a_source_that_python_cannot_read_is_not_built(tmp_path: Path) -> None:
    """The file and its line, instead of a function that fails with its first event."""
    settings = _checkout(tmp_path)
    file = tmp_path / "lambda" / "echo" / "handler.py"
    file.write_text("import json\n\ndef handler(event, context:\n    return 1\n")
    with pytest.raises(DeploymentFailed, match=rf"{re.escape(str(file))}:3: "):
        build(settings, "x86_64")
    assert not (tmp_path / "build" / "echo").exists()


def test_changed_sources_are_packed_with_the_libraries_that_are_there(tmp_path: Path) -> None:
    """Nothing is installed again, a source that is gone is gone, and the zip is the one of anew."""
    settings = _checkout(tmp_path / "edited")
    source = settings.root / "lambda" / "echo"
    (source / "old.py").write_text("")
    (package,) = build(settings, "x86_64")
    library = package.folder / "jmespath" / "__init__.py"
    before = library.stat().st_ino
    archive(package.folder, tmp_path)

    (source / "old.py").unlink()
    (source / "handler.py").write_text("import jmespath  # again\n")
    (package,) = build(settings, "x86_64")
    assert package.fresh
    assert library.stat().st_ino == before
    assert library.stat().st_nlink == 1
    assert not (package.folder / "old.py").exists()

    anew = _checkout(tmp_path / "anew")
    (anew.root / "lambda" / "echo" / "handler.py").write_text("import jmespath  # again\n")
    (other,) = build(anew, "x86_64")
    zips = [archive(each.folder, tmp_path / name) for each, name in ((package, "a"), (other, "b"))]
    assert zips[0].read_bytes() == zips[1].read_bytes()
    assert zips[0].name == zips[1].name


def test_a_library_comes_back_from_behind_a_source_of_its_name(tmp_path: Path) -> None:
    settings = _checkout(tmp_path)
    shadow = settings.root / "lambda" / "echo" / "jmespath" / "__init__.py"
    shadow.parent.mkdir()
    shadow.write_text("# ours\n")
    (package,) = build(settings, "x86_64")
    packed = package.folder / "jmespath" / "__init__.py"
    assert packed.read_text() == "# ours\n"
    shadow.unlink()
    build(settings, "x86_64")
    assert "search" in packed.read_text()


def test_libraries_are_compressed_once_for_all_state_folders(tmp_path: Path) -> None:
    """GIVEN a package in one state folder WHEN it is zipped for another THEN its bytes are kept."""
    settings = _checkout(tmp_path)
    (package,) = build(settings, "x86_64")
    first = zipped(package.folder, settings)
    (kept,) = settings.build_dir.glob(".libraries-echo-*.zip")
    made = kept.stat().st_mtime_ns
    second = zipped(package.folder, replace(settings, state_dir=tmp_path / "other"))
    assert first != second
    assert first.read_bytes() == second.read_bytes()
    assert kept.stat().st_mtime_ns == made
