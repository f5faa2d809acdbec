"""Patterns of Python code, with Semgrep's metavariables.

`$X` is any expression; `$...X` is all further arguments of a call, or all statements of a block.
https://semgrep.dev/docs/writing-rules/pattern-syntax
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ONE, _REST = "METAVARIABLE_", "METAVARIABLES_"

# What each metavariable stands for in the code that matches.
type Bindings = dict[str, Sequence[ast.AST]]


@dataclass(frozen=True)
class Match:
    """A piece of code that matches: an expression or a statement."""

    node: ast.AST
    bindings: Bindings


def matches(pattern: str, scope: ast.AST) -> Iterator[Match]:
    """All that matches below `scope`, in the order of the code. SyntaxError if it is no pattern."""
    parsed = _parsed(pattern)
    for node in _in_order(scope):
        bindings: Bindings = {}
        if _match(parsed, node, bindings):
            yield Match(node, bindings)


def filled(replacement: str, match: Match, source: str) -> str:
    """The replacement with the text of what its metavariables stand for.

    Its lines are indented as the code that matches is.
    """
    indent = " " * getattr(match.node, "col_offset", 0)

    def text(metavariable: re.Match[str]) -> str:
        nodes = match.bindings[metavariable[1]]
        return text_of(source, nodes[0], nodes[-1]) if nodes else ""

    return re.sub(r"\$(?:\.\.\.)?(\w+)", text, replacement.replace("\n", f"\n{indent}"))


def text_of(source: str, first: ast.AST, last: ast.AST) -> str:
    """The code from one node to another."""
    return source.encode()[span(source, first)[0] : span(source, last)[1]].decode()


def span(source: str, node: ast.AST) -> tuple[int, int]:
    """Where a node begins and ends in its source, in bytes of UTF-8."""
    assert isinstance(node, ast.expr | ast.stmt | ast.keyword | ast.alias)
    lines = source.encode().split(b"\n")

    def offset(line: int | None, column: int | None) -> int:
        assert line is not None
        assert column is not None
        return sum(len(each) + 1 for each in lines[: line - 1]) + column

    end = offset(node.end_lineno, node.end_col_offset)
    return offset(node.lineno, node.col_offset), end


def _parsed(pattern: str) -> ast.AST:
    code = pattern.replace("$...", _REST).replace("$", _ONE)
    (statement,) = ast.parse(code).body
    return statement.value if isinstance(statement, ast.Expr) else statement


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def _match(pattern: ast.AST, node: ast.AST, bindings: Bindings) -> bool:
    if name := _metavariable(pattern, _ONE):
        bindings[name] = [node]
        return isinstance(node, ast.expr)
    if type(pattern) is not type(node):
        return False
    if isinstance(pattern, ast.Call) and isinstance(node, ast.Call):
        name = _metavariable(pattern.args[-1], _REST) if pattern.args else ""
        if name:
            count = len(pattern.args) - 1
            bindings[name] = [*node.args[count:], *node.keywords]
            return _match(pattern.func, node.func, bindings) and _same(
                pattern.args[:count], node.args[:count], bindings
            )
    return all(
        _same(value, getattr(node, field, None), bindings)
        for field, value in ast.iter_fields(pattern)
        if field not in ("ctx", "kind", "type_comment")
    )


def _same(pattern: object, found: object, bindings: Bindings) -> bool:
    if isinstance(pattern, list) and isinstance(found, list):
        if len(pattern) == 1 and (name := _metavariable(pattern[0], _REST)):
            bindings[name] = found
            return True
        return len(pattern) == len(found) and all(
            _same(*pair, bindings) for pair in zip(pattern, found, strict=True)
        )
    if isinstance(pattern, ast.AST) and isinstance(found, ast.AST):
        return _match(pattern, found, bindings)
    return type(pattern) is type(found) and pattern == found


def _metavariable(pattern: object, prefix: str) -> str:
    """The name of a metavariable of that kind, "" if the pattern is none."""
    node = pattern.value if isinstance(pattern, ast.Expr) else pattern
    is_one = isinstance(node, ast.Name) and node.id.startswith(prefix)
    return node.id.removeprefix(prefix) if isinstance(node, ast.Name) and is_one else ""
