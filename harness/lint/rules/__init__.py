"""The project's own rules, by subject.

E91 names and parameters, E92 functions and their packages, E93 permissions, E94 events, E95 what
watches, E96 what is required. E is what AWS refuses, what would not work there or was not agreed
on, W what works and is not good.
"""

import importlib
import pkgutil

from harness.lint.rule import StackRule


def all_rules() -> list[StackRule]:
    """One instance of every rule of this package, in order of their ids."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    rules = [rule() for rule in StackRule.__subclasses__() if rule.__module__.startswith(__name__)]
    return sorted(rules, key=lambda rule: rule.id)
