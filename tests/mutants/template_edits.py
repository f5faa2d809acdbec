"""Edits of a YAML document, each by a path and a value: its layout and comments do not matter.

A path names keys, with a dot between them: `ErrorAlarm.Properties.Threshold`. In a list it names
the index of an item, or its Sid, Id, Name or PolicyName, or the scalar itself. As in JSONPath, two
dots are any number of levels: `ImageProcessorRole..ReadUploads.Action`. In a template a path begins
with a section or with the logical id of a resource. A value is YAML, with CloudFormation's tags.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.mutants.mutant import DoesNotApply

TEMPLATE = "infra/TapStack.yml"

# What an item of a list can be called by.
_NAMES = ("Sid", "Id", "Name", "PolicyName")

type Place = tuple[yaml.CollectionNode, int]


@dataclass(frozen=True)
class PathEdit:
    """An edit of what is at one `path` of the document in `file`."""

    path: str
    file: str = field(default=TEMPLATE, kw_only=True)

    def apply(self, root: Path) -> None:
        """Edit the file below `root`. Raises DoesNotApply if it has no such place, or two."""
        path = root / self.file
        document = _read(path.read_text(encoding="utf-8"))
        before = plain(document)
        self.change(document)
        if plain(document) == before:
            raise DoesNotApply(f"{self.path} in {self.file} is so already")
        text = yaml.serialize(document, Dumper=yaml.CSafeDumper, allow_unicode=True)
        path.write_text(text, encoding="utf-8")

    def change(self, document: yaml.Node) -> None:
        """Change the document that has been read."""
        raise NotImplementedError

    def place(self, document: yaml.Node) -> Place:
        """The collection that the value at the path is in, and its index there."""
        return _place(document, self.path, self.file)


class Remove(PathEdit):
    """What is at the path goes, with all below it."""

    def change(self, document: yaml.Node) -> None:
        """Remove it."""
        parent, index = self.place(document)
        del parent.value[index]


@dataclass(frozen=True)
class Set(PathEdit):
    """The value at the path, where there is one, becomes `value`."""

    value: str

    def change(self, document: yaml.Node) -> None:
        """Set it."""
        parent, index = self.place(document)
        value = _read(self.value)
        parent.value[index] = (_key(parent, index), value) if _is_mapping(parent) else value


@dataclass(frozen=True)
class Add(PathEdit):
    """A mapping that is there gets one more key at its end; the path says mapping and key."""

    value: str

    def change(self, document: yaml.Node) -> None:
        """Add it."""
        parent, _, name = self.path.rpartition(".")
        mapping = _value(*_place(document, parent, self.file)) if parent else document
        if not isinstance(mapping, yaml.MappingNode) or name in _keys(mapping):
            raise DoesNotApply(f"{self.path} cannot be added to {self.file}")
        mapping.value.append((_read(name), _read(self.value)))


@dataclass(frozen=True)
class Append(PathEdit):
    """A list that is there gets one more item at its end."""

    value: str

    def change(self, document: yaml.Node) -> None:
        """Append it."""
        items = _value(*self.place(document))
        if not isinstance(items, yaml.SequenceNode):
            raise DoesNotApply(f"{self.path} is no list in {self.file}")
        items.value.append(_read(self.value))


@dataclass(frozen=True)
class RenameKey(PathEdit):
    """The key at the path is called `name`, and keeps its value and place."""

    name: str

    def change(self, document: yaml.Node) -> None:
        """Rename it."""
        parent, index = self.place(document)
        if not _is_mapping(parent):
            raise DoesNotApply(f"{self.path} has no key in {self.file}")
        parent.value[index] = (_read(self.name), _value(parent, index))


@dataclass(frozen=True)
class Replace(PathEdit):
    """Within the text at the path `old`, which is there exactly once, becomes `new`."""

    old: str
    new: str

    def change(self, document: yaml.Node) -> None:
        """Replace it."""
        node = _value(*self.place(document))
        if not isinstance(node, yaml.ScalarNode) or node.value.count(self.old) != 1:
            raise DoesNotApply(f"{self.path} in {self.file} has not once: {self.old}")
        node.value = node.value.replace(self.old, self.new)


@dataclass(frozen=True)
class SetInWidget(PathEdit):
    """In the dashboard at the path, a property of the widget with this title becomes `value`."""

    title: str
    name: str
    value: str

    def change(self, document: yaml.Node) -> None:
        """Set it."""
        body = _value(*self.place(document))
        dashboard = json.loads(body.value)
        widgets = [each["properties"] for each in dashboard["widgets"]]
        found = [each for each in widgets if each.get("title") == self.title and self.name in each]
        if len(found) != 1:
            raise DoesNotApply(f"{len(found)} widgets called {self.title} have {self.name}")
        found[0][self.name] = self.value
        body.value = json.dumps(dashboard, indent=2)


@dataclass(frozen=True)
class Rename:
    """`old` is called `new` wherever it stands as a whole word in the document."""

    old: str
    new: str
    file: str = TEMPLATE

    def apply(self, root: Path) -> None:
        """Rename it below `root`. Raises DoesNotApply if it is not there."""
        path = root / self.file
        name = rf"(?<!::)\b{self.old}\b"  # no resource type
        text, count = re.subn(name, self.new, path.read_text(encoding="utf-8"))
        if not count:
            raise DoesNotApply(f"{self.file} has no {self.old}")
        path.write_text(text, encoding="utf-8")


def plain(node: yaml.Node) -> object:
    """A document without its layout: the tag of each node and what it holds."""
    if isinstance(node, yaml.MappingNode):
        return node.tag, [(plain(key), plain(value)) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return node.tag, [plain(value) for value in node.value]
    return node.tag, node.value


def _read(text: str) -> yaml.Node:
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    assert node is not None, "an empty document"
    return node


# --- Paths --------------------------------------------------------------------------------------


def _place(document: yaml.Node, path: str, file: str) -> Place:
    names = path.split(".")
    keys = _keys(document)
    if names[0] not in keys and "Resources" in keys:
        names = ["Resources", *names]
    places = list(_places(document, names))
    if len(places) != 1:
        raise DoesNotApply(f"{file} has {len(places)} times: {path}")
    return places[0]


def _places(node: yaml.Node, names: Sequence[str]) -> Iterator[Place]:
    deep = not names[0]  # between two dots
    name, *rest = names[1:] if deep else names
    if not isinstance(node, yaml.CollectionNode):
        return
    for index in range(len(node.value)):
        value = _value(node, index)
        if name in _called(node, index):
            yield from _places(value, rest) if rest else [(node, index)]
        elif deep:
            yield from _places(value, names)


def _called(parent: yaml.CollectionNode, index: int) -> set[str]:
    """What an entry of a collection can be called in a path."""
    if _is_mapping(parent):
        return {_key(parent, index).value}
    item = parent.value[index]
    if isinstance(item, yaml.MappingNode):
        return {str(index)} | {value.value for key, value in item.value if key.value in _NAMES}
    return {str(index), *([item.value] if isinstance(item, yaml.ScalarNode) else [])}


def _is_mapping(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode)


def _keys(node: yaml.Node) -> set[str]:
    return {key.value for key, _ in node.value} if _is_mapping(node) else set()


def _key(mapping: yaml.Node, index: int) -> yaml.ScalarNode:
    key: yaml.ScalarNode = mapping.value[index][0]
    return key


def _value(parent: yaml.Node, index: int) -> yaml.Node:
    entry = parent.value[index]
    value: yaml.Node = entry[1] if _is_mapping(parent) else entry
    return value
