"""The pages of the documentation's site: a hook of MkDocs (mkdocs.yml).

Pages keep their paths in the checkout, so a link that works there works on the site. What the code
knows best is generated: every command with its options, and the lint rules with their sources.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from harness.cli import cli, commands
from harness.lint.rule import StackRule
from harness.lint.rules import rules_by_service

_ROOT = Path(__file__).parents[1].absolute()
_WRITTEN = (
    "*.md",
    "docs/**/*.md",
    "docs/*.png",
    "docs/*.svg",
    "emulator/*.md",
    "tests/conformance/*.md",
)
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
_WIDTH = 100


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace what MkDocs found in docs/ by the written and the generated pages."""
    theme = [file for file in files if file.src_dir != config.docs_dir]
    written = [
        File.generated(config, str(path.relative_to(_ROOT)), abs_src_path=str(path))
        for pattern in _WRITTEN
        for path in sorted(_ROOT.glob(pattern))
    ]
    generated = [File.generated(config, path, content=content) for path, content in pages().items()]
    return Files([*theme, *written, *generated])


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Keep the text alone of links to what is in the checkout and not on the site: source code."""
    here = (_ROOT / page.file.src_uri).parent

    def kept(link: re.Match[str]) -> str:
        text, target = link.groups()
        path = here / target.partition("#")[0]
        source = path.exists() and files.get_file_from_path(_uri(path)) is None
        return text if source and not target.startswith("#") else link.group()

    return _LINK.sub(kept, markdown)


def _uri(path: Path) -> str:
    return os.path.relpath(os.path.normpath(path), _ROOT)


def pages() -> Mapping[str, str]:
    """The generated pages: path in the checkout, if it were there, and Markdown."""
    return {
        "docs/reference/commands.md": "\n".join(_commands()),
        "docs/reference/lint-rules.md": "\n".join(_lint_rules()),
    }


def _commands() -> Iterator[str]:
    yield "# Every command with its options\n"
    yield from _help(cli, "tapstack")
    for name, command in commands().items():
        yield f"\n## {name}\n"
        yield from _help(command, f"tapstack {name}")
        for below, one in command.commands.items() if isinstance(command, click.Group) else ():
            yield from _help(one, f"tapstack {name} {below}")


def _help(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, terminal_width=_WIDTH, **cli.context_settings)
    yield from ("```text", command.get_help(context), "```")


def _lint_rules() -> Iterator[str]:
    yield "# Lint rules\n"
    yield (
        "`tapstack lint` runs cfn-lint's own rules, those of AWS's offline validator and these. "
        "A rule that starts with F or E is about what AWS refuses, what does not work there or "
        "what was not agreed on; W about what works and can be better.\n"
    )
    for service, rules in rules_by_service().items():
        yield f"\n## {service}\n"
        yield "| rule | what must hold | why | source |\n|---|---|---|---|"
        yield from map(_row, rules)


def _row(rule: StackRule) -> str:
    why = " ".join((rule.__doc__ or "").split("\n\n")[0].split())
    cells = (rule.id, rule.shortdesc, why, f"[source]({rule.source_url})")
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
