"""The documentation leads where it says, and the front page stays one."""

import re
from pathlib import Path

import pytest

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
