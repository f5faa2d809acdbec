"""Edits of a function's code, found by its syntax: layout, quotes and comments do not matter."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants.code_patterns import filled, matches, span
from tests.mutants.mutant import DoesNotApply


@dataclass(frozen=True)
class CodeEdit:
    """An edit of a `module` below a folder, named without its suffix.

    It is about the code of one `function` or method, or of the whole module if that is "".
    """

    module: str
    function: str
    folder: str = field(default="lambda", kw_only=True)

    @property
    def file(self) -> str:
        """The module's path below the project's root."""
        return f"{self.folder}/{self.module}.py"

    def apply(self, root: Path) -> None:
        """Edit the module below `root`. Raises DoesNotApply if it has no such place, or several."""
        path = root / self.file
        source = path.read_text(encoding="utf-8")
        node, text = self.change(source, self._scope(ast.parse(source)))
        start, end = span(source, node)
        before = source.encode()
        after = before[:start] + text.encode() + before[end:]
        if after == before:
            raise DoesNotApply(f"{self} is so already")
        path.write_bytes(after)

    def change(self, source: str, scope: ast.AST) -> tuple[ast.AST, str]:
        """The node of the scope that goes, and the code that comes."""
        raise NotImplementedError

    def only[T](self, found: Sequence[T], *, of: int = 1) -> T:
        """The first of what was found. Raises DoesNotApply if that is not `of` in number."""
        if len(found) != of:
            raise DoesNotApply(f"{self.file} has {len(found)} times, not {of}: {self}")
        return found[0]

    def _scope(self, module: ast.Module) -> ast.AST:
        functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
        if not self.function:
            return module
        return self.only([each for each in functions if each.name == self.function])


@dataclass(frozen=True)
class Rewrite(CodeEdit):
    """The expression or statement that matches `pattern` becomes `replacement`.

    It has to be there once, or `first_of` times, of which the first is meant.
    """

    pattern: str
    replacement: str
    first_of: int = 1

    def change(self, source: str, scope: ast.AST) -> tuple[ast.AST, str]:
        """What matches, and the replacement with what its metavariables stand for."""
        match = self.only(list(matches(self.pattern, scope)), of=self.first_of)
        return match.node, filled(self.replacement, match, source)


@dataclass(frozen=True)
class SetArgument(CodeEdit):
    """The keyword argument `name`, which one call has, becomes `value`, or goes with None."""

    name: str
    value: str | None

    def change(self, source: str, scope: ast.AST) -> tuple[ast.AST, str]:
        """The call, as it is and as it will be."""
        calls = [node for node in ast.walk(scope) if isinstance(node, ast.Call)]
        call = self.only([each for each in calls if self.name in {k.arg for k in each.keywords}])
        others = [keyword for keyword in call.keywords if keyword.arg != self.name]
        if self.value is not None:
            others.append(ast.keyword(self.name, ast.parse(self.value, mode="eval").body))
        changed = ast.Call(call.func, call.args, others)
        return call, ast.unparse(changed)


@dataclass(frozen=True)
class SetEntry(CodeEdit):
    """The entry `key`, which one dictionary has, becomes `value`, or goes with None."""

    key: str
    value: str | None

    def change(self, source: str, scope: ast.AST) -> tuple[ast.AST, str]:
        """The dictionary, as it is and as it will be."""
        displays = [node for node in ast.walk(scope) if isinstance(node, ast.Dict)]
        display = self.only([each for each in displays if any(map(self._is_meant, each.keys))])
        entries = [
            (key, value)
            for key, value in zip(display.keys, display.values, strict=True)
            if not self._is_meant(key)
        ]
        if self.value is not None:
            entries.append((ast.Constant(self.key), ast.parse(self.value, mode="eval").body))
        keys, values = zip(*entries, strict=True) if entries else ((), ())
        return display, ast.unparse(ast.Dict(list(keys), list(values)))

    def _is_meant(self, key: ast.expr | None) -> bool:
        return isinstance(key, ast.Constant) and key.value == self.key


@dataclass(frozen=True)
class AtTop(CodeEdit):
    """A module has one more statement before its imports."""

    function: str = field(default="", init=False)
    statement: str

    def change(self, source: str, scope: ast.AST) -> tuple[ast.AST, str]:
        """The first import, and the statement with that import."""
        assert isinstance(scope, ast.Module)
        imports = [each for each in scope.body if isinstance(each, ast.Import | ast.ImportFrom)]
        others = [each for each in imports if ast.unparse(each) != _FUTURE]
        first = self.only(others[:1])
        return first, f"{self.statement}\n{ast.unparse(first)}"


# It has to be the first of all statements.
_FUTURE = "from __future__ import annotations"
