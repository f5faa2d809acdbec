"""What the rules about a function's own code have in common: they read one module at a time."""

import ast
from collections.abc import Iterable

from harness.lint.functions import packages
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Stack

type Fault = tuple[ast.AST, str]


class CodeRule(StackRule):
    """A rule about the code of a stack's functions."""

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """The faults of each module of each function, at the function's Code."""
        for function, package in packages(stack):
            for file, tree in package.modules.items():
                for node, fault in self.faults(tree):
                    place = package.place(file, getattr(node, "lineno", 1))
                    yield function.path("Code"), f"{place}: {fault}"

    def faults(self, tree: ast.Module) -> Iterable[Fault]:
        """Each place in a module with a sentence of what is wrong there."""
        raise NotImplementedError
