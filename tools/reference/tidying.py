"""Pydantic's schemas as a person would write them: no echoed titles, no nulls in three lines."""

from typing import Any

Json = dict[str, Any]
NULL = {"type": "null"}


def tidied(schema: Json) -> Json:
    """The same meaning in fewer words. A property may itself be called `title`."""
    made: Json = {}
    for key, value in schema.items():
        if key == "title" or (key == "default" and value is None):
            continue
        made[key] = _inside(key, value)
    return _shortened(made)


def _inside(key: str, value: Any) -> Any:
    if key in ("properties", "$defs"):
        return {name: tidied(each) for name, each in value.items()}
    if key in ("anyOf", "allOf", "oneOf"):
        return [tidied(each) for each in value]
    if key in ("items", "additionalProperties") and isinstance(value, dict):
        return tidied(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _shortened(schema: Json) -> Json:
    """`anyOf` a plain type and null is one type list."""
    match schema.get("anyOf"):
        case [{"type": str(kind)} as first, {"type": "null"}] if not {"enum", "const"} & first.keys():
            rest = {key: value for key, value in schema.items() if key != "anyOf"}
            return {"type": [kind, "null"]} | {key: first[key] for key in first if key != "type"} | rest
    return schema


def without_null(schema: Json) -> Json:
    """In a query string there is no null, only leaving out."""
    match schema:
        case {"anyOf": [only, {"type": "null"}]}:
            return {**only, **{key: value for key, value in schema.items() if key != "anyOf"}}
        case {"type": [kind, "null"]}:
            return schema | {"type": kind}
    return schema


def nullable(schema: Json) -> Json:
    match schema:
        case {"type": str(kind)} if not {"enum", "const"} & schema.keys():
            return schema | {"type": [kind, "null"]}
        case {"$ref": _}:
            return {"anyOf": [schema, NULL]}
    return schema


def references(value: Any) -> set[str]:
    """The names of the component schemas that something refers to."""
    if isinstance(value, list):
        return set().union(*map(references, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    own = {str(value["$ref"]).rsplit("/", 1)[1]} if "#/components/schemas/" in str(value.get("$ref", "")) else set()
    return own.union(*map(references, value.values()))


def reachable(start: Any, schemas: dict[str, Json]) -> set[str]:
    found: set[str] = set()
    waiting = references(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting |= references(schemas[name])
    return found
