"""Schemas to be read: what a field is, what it may hold, what it is for."""

from typing import Any

from tools.reference.markup import code, el, link, text

Json = dict[str, Any]
BOUNDS = {"Length": "{} characters", "Items": "{} items", "imum": "{}"}


def anchor(model: str) -> str:
    return f"object-{model}"


def name_of(reference: str) -> str:
    return reference.rsplit("/", 1)[1]


def kind(schema: Json) -> str:
    """What something is, with links to objects that are described elsewhere."""
    if "$ref" in schema:
        model = name_of(schema["$ref"])
        return link(anchor(model), model)
    if "allOf" in schema:
        return kind(schema["allOf"][0])
    if "anyOf" in schema:
        return " or ".join(kind(each) for each in schema["anyOf"])
    if "const" in schema:
        return code(str(schema["const"]))
    declared = schema.get("type", "anything")
    kinds = declared if isinstance(declared, list) else [declared]
    return " or ".join(_plain(each, schema) for each in kinds)


def _plain(name: str, schema: Json) -> str:
    if name == "array" and "items" in schema:
        return f"array of {kind(schema['items'])}"
    if name == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {kind(schema['additionalProperties'])}"
    return text(
        {"date-time": "time", "uri": "address"}.get(str(schema.get("format")), name) if name == "string" else name
    )


def limits(schema: Json) -> str:
    said = [
        words.format(_range(schema, of)) for of, words in BOUNDS.items() if {f"min{of}", f"max{of}"} & schema.keys()
    ]
    if "enum" in schema:
        said.append("one of " + ", ".join(code(str(each)) for each in schema["enum"]))
    if "pattern" in schema:
        said.append("matches " + code(schema["pattern"]))
    if "default" in schema and schema["default"] is not None:
        said.append("default " + code(str(schema["default"])))
    return "; ".join(said)


def _range(schema: Json, of: str) -> str:
    low, high = schema.get(f"min{of}"), schema.get(f"max{of}")
    if high is None:
        return f"{low:,} or more"
    return f"up to {high:,}" if low is None else f"{low:,}–{high:,}"


def field(name: str, schema: Json, *, note: str = "") -> str:
    """One row: its name, what it is, and in words what it is for."""
    words = [text(str(schema.get("description", ""))), limits(schema)]
    inside = el("span", code(name), el("small", text(note)) if note else "", class_="name")
    said = "".join(el("span", each, class_="said") for each in words if each)
    return el("li", inside, el("span", kind(schema), class_="kind"), said)


def fields(schema: Json) -> str:
    required = schema.get("required", [])
    rows = [
        field(name, each, note="" if name in required else "optional")
        for name, each in schema.get("properties", {}).items()
    ]
    return el("ul", *rows, class_="fields") if rows else ""


def object_of(name: str, schema: Json) -> str:
    described = el("p", text(schema["description"])) if "description" in schema else ""
    body = fields(schema) or el("p", f"{kind(schema)}, {limits(schema)}")
    return el("article", el("h3", code(name)), described, body, id=anchor(name))
