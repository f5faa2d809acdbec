"""What `make audit` and `make sbom` say of the locks."""

import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harness.problems import Problem
from harness.settings import ROOT
from tests.conftest import SURROUNDINGS
from tests.locked import locked_environment
from tests.locks import INSTALLATION, TOOLS, name_of, node_locks, python_locks, sbom
from tests.locks.audit import judge

TODAY = date(2026, 11, 27)
KNOWN = {"id": "PYSEC-1", "aliases": ["GHSA-1"], "fix_versions": ["2.1"]}
PACKAGE = {"name": "one", "version": "2.0", "vulns": [KNOWN]}


def _passed_over(**changes: Any) -> list[dict[str, Any]]:
    entry = {"id": "GHSA-1", "package": "one", "reason": "not called", "until": TODAY}
    return [{**entry, **changes}]


def test_a_known_vulnerability_fails() -> None:
    verdict = judge({"a.lock": [PACKAGE]}, [], TODAY)
    assert verdict.vulnerable == ["a.lock: one 2.0 has PYSEC-1; fixed in 2.1"]
    assert verdict.exit_code == 1


@pytest.mark.parametrize(
    ("changes", "code"), [({}, 0), ({"until": date(2026, 11, 26)}, 1), ({"package": "two"}, 1)]
)
def test_one_is_passed_over_until_a_day(changes: dict[str, Any], code: int) -> None:
    """By any of its names; an entry that has run out, or passes over nothing, fails."""
    verdict = judge({"a.lock": [PACKAGE]}, _passed_over(**changes), TODAY)
    assert verdict.exit_code == code
    assert bool(verdict.out_of_date) == bool(code)


def test_what_could_not_be_asked_never_passes() -> None:
    answers = {"a.lock": [{"name": "one", "skip_reason": "not found"}]}
    assert judge(answers, [], TODAY).exit_code == 2


def test_without_the_records_the_audit_fails_and_says_so() -> None:
    locked_environment(INSTALLATION, TOOLS)  # which has to be fetched
    nobody = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-m", "tests.locks.audit"],
        cwd=ROOT,
        env={**SURROUNDINGS, **nobody, "NO_PROXY": "", "npm_config_fetch_retries": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "could not be asked, so this says nothing" in done.stdout


def _npm_makes_sboms() -> bool:
    if not (npm := shutil.which("npm")):
        return False
    asked = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False)
    return int(asked.stdout.partition(".")[0] or 0) >= 10


@pytest.mark.skipif(not _npm_makes_sboms(), reason="needs npm 10")
def test_an_sbom_lists_what_a_lock_has(tmp_path: Path) -> None:
    """Each has all packages of its lock in their versions, and none besides."""
    locks, documents = [*node_locks(), *python_locks()], sbom.write(tmp_path)
    assert len(documents) == len(locks)
    for lock, document in zip(locks, documents, strict=True):
        content = json.loads(document.read_text())
        assert content["bomFormat"] == "CycloneDX"
        listed = {(one["name"].lower(), one["version"]) for one in content["components"]}
        assert listed == pins(lock), name_of(lock)


def pins(lock: Path) -> set[tuple[str, str]]:
    if lock.suffix == ".json":
        packages = json.loads(lock.read_text())["packages"]
        return {
            # One that is installed under another name than its own has that beside it.
            (package.get("name") or path.rpartition("node_modules/")[2].lower(), package["version"])
            for path, package in packages.items()
            if path
        }
    return set(re.findall(r"^([a-z0-9._-]+)==([^ ;\\\n]+)", lock.read_text(), re.MULTILINE))


def test_without_an_npm_that_makes_it_there_is_no_sbom_and_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older npm knows no such command, and ends with an error."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for script in ("", "exit 1"):
        if script:
            (tmp_path / "npm").write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / "npm").chmod(0o755)
        with pytest.raises(Problem, match="no npm that can list what emulator/runtime/nodejs"):
            sbom.write(tmp_path / "sbom")
