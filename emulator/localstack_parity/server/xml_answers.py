"""XML of answers, written as one text: a list of objects takes a third of what it took.

LocalStack makes an element for each value, walks through these, and sends each tag through an
encoder. S3's answers are written here from their values, but for those that have attributes, maps
or blobs, or a member that the model does not know; of all others the elements are written at once.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any
from xml.etree import ElementTree

from localstack.aws.protocol.serializer import BaseXMLResponseSerializer, S3ResponseSerializer
from localstack.constants import APPLICATION_JSON

# Of a shape: what is not written here.
_ATTRIBUTES = ("xmlAttribute", "xmlNamespace", "resultWrapper")
_NOT_HERE = frozenset({"map", "blob"})

type _Write = Callable[[Any], str]


class _Unusual(Exception):
    """There is more to a shape than elements with text."""


def install() -> None:
    """Begin to write so."""
    _write_elements_at_once()
    _write_values_of_s3()


def _write_elements_at_once() -> None:
    write = BaseXMLResponseSerializer._node_to_string

    def node_to_string(self: Any, root: Any, mime_type: str) -> Any:
        if root is None or mime_type == APPLICATION_JSON:
            return write(self, root, mime_type)
        return _document(self, ElementTree.tostring(root, encoding="unicode"))

    BaseXMLResponseSerializer._node_to_string = node_to_string


def _write_values_of_s3() -> None:
    write = S3ResponseSerializer._serialize_body_params

    def serialize_body_params(
        self: S3ResponseSerializer, params: Any, shape: Any, *more: Any
    ) -> Any:
        with suppress(Exception):  # LocalStack says what is wrong with a value
            return _document(self, _s3_root(self, params, shape))
        return write(self, params, shape, *more)

    S3ResponseSerializer._serialize_body_params = serialize_body_params


def _document(serializer: Any, text: str) -> bytes:
    encoding = serializer.DEFAULT_ENCODING
    declaration = f"<?xml version='1.0' encoding='{encoding}'?>\n"
    return (declaration + text).encode(encoding, "xmlcharrefreplace")


def _s3_root(serializer: S3ResponseSerializer, answer: Mapping[str, Any], shape: Any) -> str:
    """Return the element of a whole answer, with the line end that S3 has behind it."""
    if shape.type_name != "structure" or _has_more(shape):
        raise _Unusual
    name = shape.serialization.get("name", shape.name)
    name = serializer._RESPONSE_ROOT_TAGS.get(name, name)
    tag = f'{name} xmlns="{serializer.XML_NAMESPACE}"'
    return f"{_enclosed(tag, name, _members(shape, answer))}\n"


@cache
def _element(shape: Any, name: str) -> _Write:
    """Return what writes a value of a shape as an element, or as several of this name."""
    kind = shape.type_name
    if kind in _NOT_HERE or _has_more(shape):
        raise _Unusual
    if kind == "structure":
        return lambda value: _enclosed(name, name, _members(shape, value))
    if kind == "list":
        flat = shape.serialization.get("flattened")
        item = _element(
            shape.member, shape.member.serialization.get("name", name if flat else "member")
        )
        if flat:
            return lambda value: "".join(item(each) for each in value if each is not None)
        return lambda value: _enclosed(
            name, name, "".join(item(each) for each in value if each is not None)
        )
    if kind == "boolean":
        return lambda value: f"<{name}>{'true' if value else 'false'}</{name}>"
    if kind == "timestamp":
        convert = S3ResponseSerializer()._convert_timestamp_to_str
        form = shape.serialization.get("timestampFormat")
        return lambda value: _enclosed(name, name, _escaped(convert(value, form)))
    return lambda value: _enclosed(name, name, _escaped(str(value)))


def _members(shape: Any, values: Mapping[str, Any]) -> str:
    written = []
    for key, value in values.items():
        if value is not None:
            member = shape.members[key]
            written.append(_element(member, member.serialization.get("name", key))(value))
    return "".join(written)


def _has_more(shape: Any) -> bool:
    return any(shape.serialization.get(trait) for trait in _ATTRIBUTES)


def _enclosed(tag: str, name: str, content: str) -> str:
    return f"<{tag}>{content}</{name}>" if content else f"<{tag} />"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
