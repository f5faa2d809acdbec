"""The documentation leads where it says, and the front page stays one."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click
import pytest

from harness.cli import commands
from harness.lint.rules import all_rules
from tests.unit.runs import good_run

_ROOT = Path(__file__).resolve().parents[2]
_PAGES = sorted([*_ROOT.glob("*.md"), *_ROOT.glob("docs/*.md"), *_ROOT.glob("emulator/*.md")])


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    """Relative links, from the page that they stand on."""
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    here = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in here if not (page.parent / target).exists()] == []


def test_the_readme_is_read_in_three_minutes() -> None:
    """What does not fit on the front page stands in docs/."""
    assert len((_ROOT / "README.md").read_text(encoding="utf-8").split()) <= 600


def _generated() -> Mapping[str, str]:
    spec = importlib.util.spec_from_file_location("site_hook", _ROOT / "docs" / "site.py")
    assert spec
    assert spec.loader
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    pages: Mapping[str, str] = hook.pages()
    return pages


def test_the_reference_has_every_command_and_every_option() -> None:
    page = _generated()["docs/reference/commands.md"]
    for name, command in commands().items():
        (section,) = re.findall(rf"^## {name}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        options = {option for parameter in command.params for option in parameter.opts[:1]}
        assert [each for each in options if each.startswith("-") and each not in section] == []


def test_the_reference_has_every_lint_rule_with_its_source() -> None:
    page = _generated()["docs/reference/lint-rules.md"]
    rows = re.findall(r"^\| ([EW]\d+) \| .+ \| .+ \| \[source\]\((https://[^)]+)\) \|$", page, re.M)
    assert sorted(rows) == sorted((rule.id, rule.source_url) for rule in all_rules())


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_commands_that_are_shown_exist(page: Path) -> None:
    """Those of ./tapstack with their options, and make's targets."""
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (_ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|\$ (?:\w+=\S+ )*)make ([a-z-]+)", text)) <= targets
    for name, rest in re.findall(r"\./tapstack ([a-z][a-z-]+)([^`\n|#]*)", text):
        known = {"install": {"--dev", "--locust", "--python"}} | {
            each: {option for one in (command, *_below(command)) for option in _options(one)}
            for each, command in commands().items()
        }
        assert name in known
        assert set(re.findall(r"--[a-z-]+", rest)) <= known[name], (name, rest)


def test_the_tutorial_shows_the_key_of_an_image(tmp_path: Path) -> None:
    """The line that it gives to be typed shows what the next one takes."""
    (line,) = re.findall(
        r"^\$ (.*ledger\.jsonl.*)$", (_ROOT / "docs" / "tutorial.md").read_text(), re.MULTILINE
    )
    run = good_run()
    (tmp_path / "reports" / "latest").mkdir(parents=True)
    run.ledger.save(tmp_path / "reports" / "latest" / "ledger.jsonl")
    shown = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert shown == f"{run.ledger.entries[0].key}\n"


def _below(command: click.Command) -> Iterable[click.Command]:
    return command.commands.values() if isinstance(command, click.Group) else ()


def _options(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


def _built(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_site_is_built_and_needs_no_other_host(tmp_path: Path) -> None:
    """No broken link, and no page that is in no menu (mkdocs.yml); it is read without a network."""
    built = _built(_ROOT, tmp_path / "site")
    assert built.returncode == 0, built.stderr
    loaded = r"(?:src=|<link[^>]+href=|url\()[\"']?(?:https?:)?//"
    pages = [*tmp_path.glob("site/**/*.html"), *tmp_path.glob("site/**/*.css")]
    assert (tmp_path / "site" / "index.html") in pages
    assert [page for page in pages if re.search(loaded, page.read_text())] == []


def test_a_link_that_leads_nowhere_fails_the_site(tmp_path: Path) -> None:
    """Pages, anchors and source code; a link to source code that is there becomes plain text."""
    for entry in _ROOT.iterdir():
        if entry.name not in ("docs", "build"):
            (tmp_path / entry.name).symlink_to(entry)
    shutil.copytree(_ROOT / "docs", tmp_path / "docs")
    with open(tmp_path / "docs" / "glossary.md", "a") as page:
        page.write("\n[a](nowhere.md) [b](../harness/nowhere.py) [c](pipeline.md#nowhere)\n")
    built = _built(tmp_path, tmp_path / "site")
    assert built.returncode == 1
    named = re.findall(r"'docs/glossary.md' contains a link '([^']+)'", built.stderr)
    assert named == ["nowhere.md", "../harness/nowhere.py", "pipeline.md#nowhere"]
