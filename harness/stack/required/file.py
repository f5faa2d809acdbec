"""The file of requirements: each value with the line at which it stands."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.files import shown
from harness.problems import Problem

FILE_NAME = "requirements.yml"


@dataclass(frozen=True)
class Required:
    """One requirement: its value, and its place as file:line."""

    value: Any
    place: str


@dataclass(frozen=True)
class Requirements:
    """Everything that a file requires: single values by dotted name, and alarms on the function.

    The value of an alarm has metric, statistic, above and, where it matters, within_s.
    """

    values: Mapping[str, Required] = field(default_factory=dict)
    alarms: tuple[Required, ...] = ()


@dataclass(frozen=True)
class _Form:
    """What a value has to look like, and how to say so."""

    words: str
    fits: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


_COUNT = _Form("a whole number above 0", _is_count)
_TRUE = _Form("true; leave it out if it is not required", lambda value: value is True)
_TEXT = _Form("a text", lambda value: isinstance(value, str))
_TEXTS = _Form(
    "a list of texts",
    lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
)
_ENCRYPTIONS = ("AES256", "aws:kms", "aws:kms:dsse")
_STATISTICS = ("Sum", "Average", "Maximum", "Minimum", "SampleCount")

_VALUES: Mapping[str, Mapping[str, _Form]] = {
    "buckets": {
        "encryption": _Form(f"one of {', '.join(_ENCRYPTIONS)}", _ENCRYPTIONS.__contains__),
        "versioning": _TRUE,
        "public_access_blocked": _TRUE,
        "noncurrent_versions_days": _COUNT,
    },
    "function": {
        "memory_mb": _COUNT,
        "timeout_s": _COUNT,
        "retries": _Form(
            "0, 1 or 2", lambda value: value == 0 or (_is_count(value) and value <= 2)
        ),
    },
    "uploads": {
        "prefix": _TEXT,
        "suffixes": _TEXTS,
    },
    "logs": {"retention_days": _COUNT},
    "outputs": {"exported": _TEXTS},
}
_ALARM: Mapping[str, _Form] = {
    "metric": _Form(
        "a metric of AWS/Lambda, such as Errors",
        lambda value: isinstance(value, str) and bool(re.fullmatch(r"\w+", value)),
    ),
    "statistic": _Form(f"one of {', '.join(_STATISTICS)}", _STATISTICS.__contains__),
    "above": _Form("a number of at least 0", _is_number),
    "within_s": _COUNT,
}
_NEEDED = ("metric", "statistic", "above")


def requirements_of(template: Path) -> Requirements | None:
    """The requirements beside a template; None if there are none. Problem if they make no sense."""
    file = template.parent / FILE_NAME
    return read_requirements(file) if file.exists() else None


def read_requirements(file: Path) -> Requirements:
    """What is required by `file`. Problem with one sentence, and the line, if it makes no sense."""
    try:
        text = file.read_text(encoding="utf-8")
        root = yaml.compose(text, yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{file} cannot be read: {error}.", "Restore the file.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _malformed(file, line, f"it is no YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _malformed(file, 1, "it is no YAML that can be read") from error
    return _Reader(file).requirements(root)


class _Reader:
    """Reads one file; every complaint has its line."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def requirements(self, root: yaml.Node | None) -> Requirements:
        values: dict[str, Required] = {}
        alarms: list[Required] = []
        names = (*_VALUES, "alarms")
        for section, node in self._entries(root, "the file", names) if root else ():
            if section == "alarms":
                alarms = [self._alarm(each) for each in self._items(node)]
                continue
            forms = _VALUES[section]
            for name, inner in self._entries(node, section, tuple(forms)):
                value = self._value(inner, name, forms[name])
                values[f"{section}.{name}"] = Required(value, self._place(inner))
        return Requirements(values, tuple(alarms))

    def _alarm(self, node: yaml.Node) -> Required:
        alarm = {
            name: self._value(inner, name, _ALARM[name])
            for name, inner in self._entries(node, "an alarm", tuple(_ALARM))
        }
        if missing := [name for name in _NEEDED if name not in alarm]:
            raise self._complaint(node, f"an alarm needs {' and '.join(missing)}")
        return Required(alarm, self._place(node))

    def _entries(
        self, node: yaml.Node, where: str, known: tuple[str, ...]
    ) -> Iterator[tuple[str, yaml.Node]]:
        """What a mapping has, in its order; each of `known` names at most once."""
        if not isinstance(node, yaml.MappingNode):
            raise self._complaint(node, f"{where} has to be names with values")
        seen = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "a name of several parts"
            if name not in known:
                listed = ", ".join(known)
                raise self._complaint(key, f"{where} has no {name}; it may have {listed}")
            if name in seen:
                raise self._complaint(key, f"{name} is there twice")
            seen.add(name)
            yield name, value

    def _items(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self._complaint(node, "alarms has to be a list")
        items: list[yaml.Node] = node.value
        return items

    def _value(self, node: yaml.Node, name: str, form: _Form) -> Any:
        try:
            value = yaml.SafeLoader("").construct_object(node, deep=True)
            fits = form.fits(value)
        except (yaml.YAMLError, TypeError, ValueError):
            fits = False
        if not fits:
            raise self._complaint(node, f"{name} has to be {form.words}")
        return value

    def _place(self, node: yaml.Node) -> str:
        return f"{shown(self._file)}:{node.start_mark.line + 1}"

    def _complaint(self, node: yaml.Node, what: str) -> Problem:
        return _malformed(self._file, node.start_mark.line + 1, what)


def _malformed(file: Path, line: int, what: str) -> Problem:
    return Problem(f"{shown(file)}:{line}: {what}.", "Correct it there.")
