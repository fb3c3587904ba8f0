"""Operations to be read: how to call, what to send, what comes back."""

import json
import shlex
from typing import Any

from tools.reference.markup import block, code, el, example, folded, link, text
from tools.reference.page_schemas import anchor, field, fields, name_of
from tools.reference.tidying import reachable

Json = dict[str, Any]
PROBLEM = "application/problem+json"


def operation(method: str, path: str, spec: Json, whole: Json) -> str:
    title = el("h3", el("span", method.upper(), class_=f"method {method}"), code(path))
    public = el("span", "public", class_="badge") if spec.get("security") == [] else ""
    parts = [
        title,
        el("p", el("strong", text(spec["summary"])), " ", public, class_="summary"),
        el("p", text(spec["description"])) if "description" in spec else "",
        _parameters(spec, whole),
        _body(spec, whole),
        _answers(spec),
        _refusals(spec, whole),
        folded("Call it", block(_call(method, path, spec))),
    ]
    return el("article", *parts, id=spec["operationId"], class_="operation")


def _parameters(spec: Json, whole: Json) -> str:
    rows = []
    for each in spec.get("parameters", []):
        given = whole["components"]["parameters"][name_of(each["$ref"])] if "$ref" in each else each
        note = f"{given['in']}{'' if given.get('required') else ', optional'}"
        rows.append(field(given["name"], {**given["schema"], "description": given.get("description", "")}, note=note))
    return el("h4", "Parameters") + el("ul", *rows, class_="fields") if rows else ""


def _body(spec: Json, whole: Json) -> str:
    content = spec.get("requestBody", {}).get("content", {})
    if not content:
        return ""
    first = next(iter(content.values()))
    [reference, *null] = first["schema"].get("anyOf", [first["schema"]])
    schemas, model = whole["components"]["schemas"], name_of(reference["$ref"])
    within = reachable(schemas[model], schemas)
    types = " or ".join(code(each) for each in content)
    shown = [example(f"Example: {each['summary']}", each["value"]) for each in first["examples"].values()]
    return "".join(
        [
            el("h4", "Body: ", link(anchor(model), model), " ", el("small", types, ", optional" if null else "")),
            fields(schemas[model]),
            *(folded(f"`{name}`", fields(schemas[name])) for name in sorted(within) if "properties" in schemas[name]),
            *shown,
        ]
    )


def _answers(spec: Json) -> str:
    return el("h4", "Answers") + "".join(
        _answer(status, each)
        for status, each in spec["responses"].items()
        if status < "400" or PROBLEM not in each.get("content", {PROBLEM: {}}) or len(each.get("content", {})) > 1
    )


def _answer(status: str, spec: Json) -> str:
    words = spec["description"].split(" Or the request as a whole")[0]
    parts = [el("span", status, class_=f"status s{status[0]}"), " ", text(words)]
    for type, content in spec.get("content", {}).items():
        if type == PROBLEM:
            continue
        if "$ref" in content["schema"]:
            model = name_of(content["schema"]["$ref"])
            parts += [" ", link(anchor(model), model)]
        else:
            parts += [" ", el("small", code(type))]
        if "example" in content:
            parts.append(example("Example", content["example"]))
    names = [name for name in spec.get("headers", {}) if name != "X-Request-Id"]
    if names:
        parts.append(el("small", "Headers: ", ", ".join(link(f"header-{name}", code(name)) for name in names)))
    return el("div", *parts, class_="answer")


def _refusals(spec: Json, whole: Json) -> str:
    rows = []
    for status, each in spec["responses"].items():
        known = whole["components"]["responses"][name_of(each["$ref"])] if "$ref" in each else each
        for name in known.get("content", {}).get(PROBLEM, {}).get("examples", {}):
            rows.append(
                el("li", el("span", status, class_=f"status s{status[0]}"), " ", link(f"error-{name}", code(name)))
            )
    return folded(f"{len(rows)} possible refusals", el("ul", *rows, class_="codes"))


def _call(method: str, path: str, spec: Json) -> str:
    words = ["curl", *(["-X", method.upper()] if method != "get" else []), f'"$API{path}"']
    if spec.get("security") != []:
        words += ["-H", '"Authorization: Bearer $TOKEN"']
    content = spec.get("requestBody", {}).get("content", {})
    if content:
        body = next(iter(next(iter(content.values()))["examples"].values()))["value"]
        words += [
            "-H",
            f'"Content-Type: {next(iter(content))}"',
            "-d",
            shlex.quote(json.dumps(body, ensure_ascii=False)),
        ]
    return " ".join(words).replace(" -H ", " \\\n  -H ").replace(" -d ", " \\\n  -d ")
