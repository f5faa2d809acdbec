"""Whether a value is as a schema of CloudFormation's registry has it, in CloudFormation's words.

JSON Schema as the registry uses it, with the latitude that CloudFormation has: a number or a
boolean may be written as a text, and a text as a number or a boolean.

AWS: CloudFormation CLI User Guide, "Resource type schema".
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

type Schema = Mapping[str, Any]


def violations(value: Any, schema: Schema, whole: Schema, at: str = "#") -> Iterator[str]:
    """Yield what is wrong with a value, each with its place; `whole` has what $ref refers to."""
    if reference := schema.get("$ref"):
        schema = {**whole["definitions"][reference.rsplit("/", 1)[-1]], **schema}
    types = _listed(schema.get("type", []))
    if types and not any(_is_of(kind, value) for kind in types):
        wanted = " or ".join(_JAVA_NAMES[kind] for kind in types)
        yield f"{at}: expected type: {wanted}, found: {_java_name(value)}"
        return
    match value:
        case dict():
            yield from _of_object(value, schema, whole, at)
        case list():
            yield from _of_array(value, schema, whole, at)
        case _:
            yield from _of_scalar(value, schema, types, at)
    for keyword in ("anyOf", "oneOf"):
        subschemas = schema.get(keyword, [])
        if subschemas and all(any(violations(value, one, whole, at)) for one in subschemas):
            yield f"{at}: #: no subschema matched out of the total {len(subschemas)} subschemas"


def _of_object(value: dict[str, Any], schema: Schema, whole: Schema, at: str) -> Iterator[str]:
    for key in schema.get("required", []):
        if key not in value:
            yield f"{at}: required key [{key}] not found"
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, item in value.items():
        if key in known:
            yield from violations(item, known[key], whole, f"{at}/{key}")
        elif fitting := [one for pattern, one in patterns.items() if re.search(pattern, key)]:
            yield from violations(item, fitting[0], whole, f"{at}/{key}")
        elif schema.get("additionalProperties") is False:
            yield f"{at}: extraneous key [{key}] is not permitted"


def _of_array(value: list[Any], schema: Schema, whole: Schema, at: str) -> Iterator[str]:
    for index, item in enumerate(value):
        yield from violations(item, schema.get("items", {}), whole, f"{at}/{index}")
    distinct = {json.dumps(item, sort_keys=True, default=str) for item in value}
    failed = {
        "minItems": len(value) < schema.get("minItems", 0),
        "maxItems": len(value) > schema.get("maxItems", len(value)),
        "uniqueItems": schema.get("uniqueItems") is True and len(distinct) < len(value),
    }
    yield from _failed(failed, at)


def _of_scalar(value: Any, schema: Schema, types: list[str], at: str) -> Iterator[str]:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "enum" in schema and text not in map(str, schema["enum"]):
        yield f"{at}: {text} is not a valid enum value"
    if "string" in types:
        failed = {
            "minLength": len(text) < schema.get("minLength", 0),
            "maxLength": len(text) > schema.get("maxLength", len(text)),
            "pattern": not re.search(schema.get("pattern", ""), text),
        }
    elif {"integer", "number"} & set(types):
        number = float(value)
        failed = {
            "minimum": number < schema.get("minimum", number),
            "maximum": number > schema.get("maximum", number),
        }
    else:
        failed = {}
    yield from _failed(failed, at)


def _failed(keywords: Mapping[str, bool], at: str) -> Iterator[str]:
    for keyword, failed in keywords.items():
        if failed:
            yield f"{at}: failed validation constraint for keyword [{keyword}]"


_JAVA_NAMES = {
    "array": "JSONArray",
    "boolean": "Boolean",
    "integer": "Integer",
    "number": "Number",
    "object": "JSONObject",
    "string": "String",
}


def _java_name(value: Any) -> str:
    match value:
        case dict():
            return "JSONObject"
        case list():
            return "JSONArray"
        case bool():
            return "Boolean"
        case int():
            return "Integer"
        case float():
            return "Double"
    return "String"


def _is_of(kind: str, value: Any) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, (str, int, float))
        case "boolean":
            return isinstance(value, bool) or value in ("true", "false")
        case "integer":
            return _is_number(value) and float(value).is_integer()
    return _is_number(value)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return False
    try:
        return abs(float(value)) < float("inf")
    except ValueError:
        return False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
