"""Whatever of LocalStack and other packages is replaced while it runs stands in PATCHES.md."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness.evidence.fidelity import behaviours
from harness.settings import ROOT

PACKAGE = ROOT / "emulator" / "localstack_parity"
PATCHES_MD = ROOT / "emulator" / "PATCHES.md"
SAME = "**same**"  # answers stay as they are


@dataclass(frozen=True)
class Patch:
    """A row of PATCHES.md."""

    module: str
    reason: str
    row: str
    target: str


def _patches() -> Iterator[Patch]:
    for line in PATCHES_MD.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].endswith(".py"):
            module, reason, row, target = cells
            yield Patch(module, reason, row, target.strip("`"))


PATCHES = tuple(_patches())


def replaced(source: str) -> Iterator[str]:
    """Yield the full names of foreign attributes that a module assigns to, sets or patches."""
    tree = ast.parse(source)
    foreign = _foreign(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Attribute):
                        yield from _full(target, foreign)
            case ast.Call(func=ast.Name(id="setattr"), args=[owner, ast.Name(id=name), _]):
                yield from (f"{one}.[{name}]" for one in _full(owner, foreign))
            case ast.Call(
                func=ast.Name(id="setattr"), args=[owner, ast.Constant(value=str(text)), _]
            ):
                yield from (f"{one}.{text}" for one in _full(owner, foreign))
            case ast.Call(func=ast.Name(id="patch"), args=[target]):
                yield from _full(target, foreign)


def _foreign(tree: ast.Module) -> dict[str, list[str]]:
    """Map each name that means something of another package to what it means."""
    known: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                known |= {one.asname or one.name: [one.name] for one in aliases}
            case ast.ImportFrom(module=str(module), names=aliases):
                if module.partition(".")[0] != "localstack_parity":
                    known |= {one.asname or one.name: [f"{module}.{one.name}"] for one in aliases}
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                if ast.unparse(value).startswith("sys.modules"):
                    known[name] = ["sys.modules[…]"]
    for node in ast.walk(tree):  # and other names of the same, and instances of it
        match node:
            case ast.FunctionDef() if _is_given_instances(node):
                for parameter in node.args.args:
                    if parameter.annotation:
                        _note(parameter.arg, _annotated(parameter.annotation), known)
            case ast.Assign(targets=[ast.Name(id=name)], value=meant):
                _note(name, meant, known)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as meant):
                _note(name, meant, known)
            case ast.For(target=ast.Name(id=name), iter=meant):
                _note(name, meant, known)
    return known


def _is_given_instances(function: ast.FunctionDef) -> bool:
    """Whether LocalStack hands it objects of its own to change: hooks, listeners, what they call.

    Others that are given such objects write data into them, which replaces nothing.
    """
    return function.name == "install" or function.name.startswith("on_")


def _annotated(annotation: ast.expr) -> ast.expr:
    """The type that a parameter has, also where it is written as text."""
    match annotation:
        case ast.Constant(value=str(text)):
            return ast.parse(text, mode="eval").body
    return annotation


def _note(name: str, meant: ast.expr, known: dict[str, list[str]]) -> None:
    parts = meant.elts if isinstance(meant, ast.Tuple) else [meant]
    if found := [full for part in parts for full in _full(part, known)]:
        known[name] = found


def _full(expression: ast.expr, foreign: dict[str, list[str]]) -> list[str]:
    match expression:
        case ast.Name(id=name):
            return foreign.get(name, [])
        case ast.Attribute(value=owner, attr=name):
            return [f"{one}.{name}" for one in _full(owner, foreign)]
    return []


def test_the_list_has_every_patch_and_no_other() -> None:
    found = {
        (file.relative_to(PACKAGE).as_posix(), target)
        for file in PACKAGE.rglob("*.py")
        for target in replaced(file.read_text(encoding="utf-8"))
    }
    assert {(one.module, one.target) for one in PATCHES} == found
    assert len(PATCHES) == len(found)


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.target)
def test_a_patch_has_a_reason_and_its_row_exists(patch: Patch) -> None:
    assert len(patch.reason) > 10
    assert patch.row in {SAME, *(row.number for row in behaviours())}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("from localstack import config\nconfig.DEBUG = True", "localstack.config.DEBUG"),
        (
            "import moto.core\nx = moto\nfrom moto import s3 as y\ny.models.z = 1",
            "moto.s3.models.z",
        ),
        ("from a.b import C\nengine: object = C\nengine.run = None", "a.b.C.run"),
        ("from a import b, c\nfor one in (b, c):\n    one.d = 1", "a.c.d"),
        ("from a import B\n@patch(B.run)\ndef run(): pass", "a.B.run"),
        ("from a import B\nsetattr(B, 'run', None)", "a.B.run"),
        ("from a import B\ndef install(b: B): b.part.run = None", "a.B.part.run"),
        ("from a import B\n@hook()\ndef on_b(b: 'B'): b.run = None", "a.B.run"),
    ],
)
def test_a_patch_is_found(source: str, target: str) -> None:
    assert target in set(replaced(source))


def test_what_is_ours_is_no_patch() -> None:
    source = "from localstack_parity import x\nx.y = 1\nself.z = 2\nz = {}\nz.a = 1"
    assert list(replaced(source)) == []
