"""`make audit`: known vulnerabilities of what the locks have, by PyPI's and npm's own records.

It ends with 0 only if every package was looked up; with 1 for a vulnerability that is not passed
over in ignored.yml, or an entry there that has run out or passes over nothing; with 2 if the
records cannot be asked, of one package or of all.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import SURROUNDINGS
from tests.locked import locked_environment
from tests.locks import INSTALLATION, TOOLS, name_of, node_locks, python_locks

IGNORED = Path(__file__).with_name("ignored.yml")


@dataclass
class Verdict:
    """Sentences: what is vulnerable, what was not answered, what of ignored.yml is out of date."""

    vulnerable: list[str] = field(default_factory=list)
    not_asked: list[str] = field(default_factory=list)
    out_of_date: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """2 if something could not be asked, else 1 if something is wrong, else 0."""
        return 2 if self.not_asked else int(bool(self.vulnerable or self.out_of_date))


def judge(
    answers: Mapping[str, list[dict[str, Any]]], ignored: list[dict[str, Any]], today: date
) -> Verdict:
    """Judge pip-audit's `dependencies`, by lock."""
    verdict, met = Verdict(), set()
    passed_over = {(one["package"], one["id"]): one for one in ignored}
    for lock, packages in answers.items():
        for package in packages:
            if reason := package.get("skip_reason"):
                verdict.not_asked.append(f"{lock}: {package['name']}: {reason}")
            for known in package.get("vulns", ()):
                names = {known["id"], *known.get("aliases", ())}
                keys = {(package["name"], name) for name in names} & set(passed_over)
                met |= keys
                if not any(passed_over[key]["until"] >= today for key in keys):
                    fixed = ", ".join(known.get("fix_versions", ())) or "no release"
                    verdict.vulnerable.append(
                        f"{lock}: {package['name']} {package['version']} has {known['id']}; "
                        f"fixed in {fixed}"
                    )
    verdict.out_of_date += [f"{one} passes over nothing" for one in set(passed_over) - met]
    verdict.out_of_date += [
        f"{package} {id_}: {entry['until']} has passed"
        for (package, id_), entry in passed_over.items()
        if entry["until"] < today
    ]
    return verdict


def _ask_pypi(program: Path, lock: Path) -> list[dict[str, Any]]:
    """What pip-audit answers of a lock; one that it could not look up has a skip_reason."""
    options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off")
    command = (program, *options, "--format", "json", "--requirement", lock)
    done = subprocess.run(command, env=SURROUNDINGS, capture_output=True, text=True, check=False)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        return [{"name": "every package", "skip_reason": said}]
    return found


def _ask_npm(lock: Path) -> Iterator[dict[str, Any]]:
    """The same of a lock of npm's packages."""
    npm = shutil.which("npm")
    if npm is None:
        yield {"name": "every package", "skip_reason": "there is no npm"}
        return
    command = (npm, "audit", "--package-lock-only", "--json")
    done = subprocess.run(
        command, cwd=lock.parent, env=SURROUNDINGS, capture_output=True, text=True, check=False
    )
    try:
        found = json.loads(done.stdout)["vulnerabilities"]
    except (ValueError, KeyError):
        yield {"name": "every package", "skip_reason": "npm audit has no answer"}
        return
    for name, entry in found.items():
        ids = [via["url"].rpartition("/")[2] for via in entry["via"] if isinstance(via, dict)]
        vulnerabilities = [{"id": one} for one in ids]
        yield {"name": name, "version": entry["range"], "vulns": vulnerabilities}


def main() -> int:
    """Ask, print what is to be done, and return the exit code."""
    program = locked_environment(INSTALLATION, TOOLS) / "pip-audit"
    answers = {name_of(lock): _ask_pypi(program, lock) for lock in python_locks()}
    answers |= {name_of(lock): list(_ask_npm(lock)) for lock in node_locks()}
    verdict = judge(answers, yaml.safe_load(IGNORED.read_text()), date.today())
    for sentence in (*verdict.vulnerable, *verdict.out_of_date):
        print(sentence)
    if verdict.not_asked:
        print(f"{len(verdict.not_asked)} could not be asked, so this says nothing:")
        print("\n".join(f"  {sentence}" for sentence in verdict.not_asked[:10]))
    if verdict.exit_code == 0:
        print(f"no known vulnerability in {len(answers)} locks")
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(main())
