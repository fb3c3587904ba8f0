"""The OpenAPI document: what the resolvers know and what the words add, laid together and made sure to fit."""

from typing import Any

from realstaging import __version__
from tools.reference import introduction, problems, schemas
from tools.reference.examples import ANSWERS, REQUESTS
from tools.reference.headers import HEADERS, PARAMETERS, WEBHOOK_PARAMETERS, used
from tools.reference.routes import MismatchError, Routes, Words
from tools.reference.tidying import reachable, tidied, without_null

Json = dict[str, Any]
RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def document(routes: Routes) -> Json:
    described = routes.words()
    _check_ids(described)
    paths: dict[str, Json] = {}
    order = list(introduction.TAGS)
    for route, words in sorted(described.items(), key=lambda each: order.index(each[1].tag)):
        method, path = route.split()
        operation = _operation(route, words, routes.operations[route], public=path in routes.public)
        paths.setdefault(path, {})[method.lower()] = operation
    return _whole(paths, _schemas(paths, schemas.components(routes.models)))


def _whole(paths: dict[str, Json], models: dict[str, Json]) -> Json:
    answers = {name: each for name, each in problems.answers().items() if f"/responses/{name}'" in str(paths)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": introduction.TITLE,
            "summary": introduction.SUMMARY,
            "version": __version__,
            "description": introduction.DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": introduction.SERVERS,
        "security": [{"bearer": []}],
        "tags": [{"name": name, "description": text} for name, text in introduction.TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": models,
            "responses": answers,
            "examples": problems.examples(),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": {"bearer": introduction.BEARER},
        },
        "x-websocket": introduction.SOCKET,
    }


def _check_ids(described: dict[str, Words]) -> None:
    ids = [words.id for words in described.values()]
    if repeated := {id for id in ids if ids.count(id) > 1}:
        raise MismatchError(f"operation ids given twice: {', '.join(sorted(repeated))}")


def _schemas(paths: dict[str, Json], models: dict[str, Json]) -> dict[str, Json]:
    """Those that are used. What only we send is complete."""
    asked = reachable([each.get("requestBody") for methods in paths.values() for each in methods.values()], models)
    needed = reachable([paths, introduction.SOCKET], models) | {"Problem"}
    for name in needed - asked - {"Problem"}:
        schemas.complete(models[name])
    return {name: model for name, model in models.items() if name in needed}


def _operation(route: str, words: Words, raw: Json, *, public: bool) -> Json:
    made: Json = {"operationId": words.id, "summary": words.summary, "tags": [words.tag]}
    if words.description:
        made["description"] = words.description
    if public:
        made["security"] = []
    if parameters := _parameters(route, words, raw):
        made["parameters"] = parameters
    if body := _body(route, raw):
        made["requestBody"] = body
    answers = dict(_answers(route, words, raw))
    for status, refusal in problems.responses(_codes(route, words, raw, public=public)):
        answers[status] = problems.joined(answers[status], refusal) if status in answers else refusal
    made["responses"] = dict(sorted(answers.items()))
    return made


def _parameters(route: str, words: Words, raw: Json) -> list[Json]:
    made = []
    for each in raw.get("parameters", []):
        schema = without_null(tidied(each["schema"]))
        if each["in"] == "path":
            schema |= {"minLength": 1}
        text = each.get("description") or schema.pop("description", None)
        if text is None:
            raise MismatchError(f"{route}: the parameter {each['name']} has no description.")
        schema.pop("description", None)
        named = {"name": each["name"], "in": each["in"], "description": text, "required": each["required"]}
        made.append(named | {"schema": schema})
    made += [
        {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in words.path.items()
    ]
    if words.tag == "Webhooks":
        made += WEBHOOK_PARAMETERS[_vendor(route)]
    if words.creates:
        made.append({"$ref": "#/components/parameters/Idempotency-Key"})
    if _cacheable(route, words):
        made.append({"$ref": "#/components/parameters/If-None-Match"})
    return made


def _body(route: str, raw: Json) -> Json | None:
    if route not in REQUESTS:
        if "requestBody" in raw:
            raise MismatchError(f"tools/reference/examples.py has no request for {route}.")
        return None
    examples = {name.replace(" ", "-"): {"summary": name, "value": body} for name, body in REQUESTS[route].items()}
    if route == "PATCH /v1/account":
        content = {"schema": {"$ref": "#/components/schemas/AccountPatch"}, "examples": examples}
        return {"required": True, "content": {"application/merge-patch+json": content, "application/json": content}}
    if "requestBody" not in raw:
        schema: Json = {"$ref": f"#/components/schemas/{schemas.OF_VENDORS[_vendor(route)]}"}
        return {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}}
    schema = tidied(raw["requestBody"]["content"]["application/json"]["schema"])
    required = raw["requestBody"].get("required", False)
    if not required:
        schema.pop("default")
        schema = {"anyOf": [schema, {"type": "null"}]}  # null says nothing, as no body does
    return {"required": required, "content": {"application/json": {"schema": schema, "examples": examples}}}


def _answers(route: str, words: Words, raw: Json) -> list[tuple[str, Json]]:
    made = []
    for status, text in words.answers.items():
        made.append((str(status), {"description": text, "headers": _answer_headers(route, words)}))
        if (status in (202, 204) or words.tag == "Webhooks") and not words.itemized:
            continue
        made[-1][1]["content"] = {words.content_type: _content(f"{route} {status}", raw)}
    if words.itemized:
        empty = {"description": "No item was taken: see each item's `error`.", "headers": used("X-Request-Id")}
        made.append(("422", empty | {"content": {words.content_type: _content(f"{route} 422", raw)}}))
    if _cacheable(route, words):
        made.append(("304", {"description": "You have it already.", "headers": used("X-Request-Id", "ETag")}))
    return made


def _content(key: str, raw: Json) -> Json:
    if key.startswith(("GET /docs", "GET /v1/openapi.json")):
        return {"schema": {"type": "string" if "docs" in key else "object"}}
    schema = tidied(raw["responses"]["200"]["content"]["application/json"]["schema"])
    if key not in ANSWERS:
        raise MismatchError(f"tools/reference/examples.py has no answer for {key}.")
    return {"schema": schema, "example": ANSWERS[key].model_dump(mode="json")}


def _answer_headers(route: str, words: Words) -> Json:
    names = ["X-Request-Id"]
    if _cacheable(route, words):
        names.append("ETag")
    if words.creates or words.counted:
        names += RATE
    if words.creates:
        names.append("Idempotent-Replayed")
    return used(*names)


def _vendor(route: str) -> str:
    """Whose webhooks come there."""
    return route.split("/")[3]


def _cacheable(route: str, words: Words) -> bool:
    return route.startswith("GET ") and 200 in words.answers


def _codes(route: str, words: Words, raw: Json, *, public: bool) -> set[str]:
    """What every route of this kind can be refused with, and what only this one can."""
    codes = {*words.codes, "internal_error"}
    if words.tag == "Webhooks":
        return codes
    if not public:
        codes |= {"unauthorized", "forbidden", "rate_limited", "provider_unavailable"}
    if route.startswith(("POST ", "PATCH ", "PUT ")):
        codes |= {"malformed_request", "payload_too_large", "unsupported_media_type"}
    if "{" in route:
        codes.add("not_found")
    if "requestBody" in raw or any(each["in"] == "query" for each in raw.get("parameters", [])):
        codes.add("validation_failed")
    if words.counted:
        codes.add("rate_limited")
    if words.creates:
        codes |= {"rate_limited", "idempotency_key_reused", "validation_failed"}
    return codes
