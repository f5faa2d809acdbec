"""Emulator, harness and libraries import in one direction, and nothing in a circle."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

from harness.settings import ROOT

LIBRARIES = {"iam_policies", "cloudwatch_widgets", "threaded_http"}
PACKAGES = {
    "harness": ROOT / "harness",
    "scenarios": ROOT / "scenarios",
    "localstack_parity": ROOT / "emulator" / "localstack_parity",
    **{name: ROOT / "libraries" / name / name for name in LIBRARIES},
}


def imported(package: str) -> Iterator[tuple[str, str]]:
    """Yield each module of a package with the name of what it imports, wherever it does."""
    folder = PACKAGES[package]
    for file in folder.rglob("*.py"):
        parts = (package, *file.relative_to(folder).with_suffix("").parts)
        module = ".".join(parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((module, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((module, f"{node.module}.{alias.name}") for alias in node.names)


@pytest.mark.parametrize(
    ("package", "strangers"),
    [
        ("harness", {"localstack_parity", "localstack"}),
        ("scenarios", {"localstack_parity", "localstack"}),
        ("localstack_parity", {"harness", "scenarios"}),
        *((name, {*PACKAGES, "localstack", "boto3"} - {name}) for name in sorted(LIBRARIES)),
    ],
)
def test_a_package_knows_nothing_of_its_neighbours(package: str, strangers: set[str]) -> None:
    found = list(imported(package))
    assert found
    assert [(a, b) for a, b in found if b.partition(".")[0] in strangers] == []


def test_every_library_is_listed() -> None:
    assert {file.parent.name for file in ROOT.glob("libraries/*/pyproject.toml")} == LIBRARIES


@pytest.mark.parametrize("package", ["harness", "localstack_parity", *sorted(LIBRARIES)])
def test_no_folder_imports_in_a_circle(package: str) -> None:
    """The folders of a package, and the modules beside them, have an order."""
    graph: dict[str, set[str]] = {}
    for module, name in imported(package):
        here, there = _room(package, module), _room(package, name)
        if there and here != there and here:
            graph.setdefault(here, set()).add(there)
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        arrows = [f"{b} imports {a}" for a, b in pairwise(circle.args[1])]
        pytest.fail("; ".join(arrows))


def _room(package: str, name: str) -> str:
    """Return the folder or module of `package` that a dotted name lies in, "" for others."""
    first, *rest = name.split(".")
    if first != package or not rest:
        return ""
    folder = PACKAGES[package]
    exists = (folder / rest[0]).is_dir() or Path(folder, f"{rest[0]}.py").is_file()
    return rest[0] if exists else ""
