"""The component schemas: the functions' own models, tidied, and those that no model stands for."""

from copy import deepcopy
from typing import Any

from realstaging.api.problems import TYPES
from realstaging.models.accounts import Profile
from realstaging.models.requests import RestageItem, UploadFile
from tools.reference.problems import BY_CODE, failure_codes
from tools.reference.tidying import nullable, tidied

Json = dict[str, Any]
REF = "#/components/schemas/{model}"
# In the code a Problem is an item's; to clients it is the whole answer.
RENAMED = {"Problem": "ItemProblem"}
ITEM_CODES = ("validation_failed", "not_found", "image_not_ready", "too_many_waiting_jobs")

COMPLAINTS: Json = {
    "type": "array",
    "description": "What to change: RFC 6901 pointers into the request.",
    "items": {
        "type": "object",
        "required": ["pointer", "message"],
        "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}},
    },
}


def components(models: dict[str, Json]) -> dict[str, Json]:
    """All schemas, by name."""
    found = {RENAMED.get(name, name): _renamed(tidied(model)) for name, model in models.items()}
    found |= {"Problem": problem_schema(), "AccountPatch": _account_patch(), "PreferencesPatch": _preferences_patch()}
    found |= {"ReplicatePrediction": PREDICTION, "StripeEvent": EVENT}
    for model in (UploadFile, RestageItem):
        found[model.__name__] = _plain(model.model_json_schema(ref_template=REF))
    # In the code each item is checked alone, so that one bad item does not stop the others.
    found["UploadRequest"]["properties"]["files"]["items"] = {"$ref": "#/components/schemas/UploadFile"}
    found["RestageRequest"]["properties"]["items"]["items"] = {"$ref": "#/components/schemas/RestageItem"}
    found["Failure"]["properties"]["code"]["enum"] = failure_codes()
    found["ItemProblem"]["properties"]["code"]["enum"] = list(ITEM_CODES)
    found["ItemProblem"]["properties"]["errors"] = COMPLAINTS | {"type": ["array", "null"]}
    return dict(sorted(found.items()))


def complete(schema: Json) -> None:
    """An answer names all its fields, those without a value too; and it may learn more."""
    for each in schema.get("properties", {}).values():
        each.pop("default", None)
    if "properties" in schema:
        schema["required"] = list(schema["properties"])
    schema.pop("additionalProperties", None)


def problem_schema() -> Json:
    return {
        "type": "object",
        "description": "A refusal (RFC 9457). Go by `code`, which is stable; `title` and `detail` are for people.",
        "required": ["type", "title", "status", "code", "detail", "retryable", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": f"`{TYPES}` and the code."},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": {"type": "string", "enum": list(BY_CODE)},
            "detail": {"type": "string", "description": "What happened, and what to change."},
            "retryable": {"type": "boolean", "description": "The same request may succeed later."},
            "errors": COMPLAINTS,
            "request_id": {"type": "string", "description": "Under this our logs have it."},
            "limit": {
                "type": "integer",
                "description": "`quota_exceeded`, `too_many_canceled_runs`: how many a period may have.",
            },
            "used": {"type": "integer", "description": "`quota_exceeded`: what is used or in flight."},
            "remaining": {"type": "integer", "description": "`quota_exceeded`: what is left."},
            "requested": {"type": "integer", "description": "`quota_exceeded`: what this request asked for."},
        },
    }


EVENT: Json = {
    "type": "object",
    "description": "What Stripe sends, of which we read these.",
    "required": ["id", "object", "type", "data"],
    "properties": {
        "id": {"type": "string", "pattern": "^evt_"},
        "object": {"const": "event"},
        "type": {"type": "string"},
        "livemode": {"type": "boolean"},
        "api_version": {"type": ["string", "null"]},
        "data": {"type": "object", "required": ["object"], "properties": {"object": {"type": "object"}}},
    },
}

OF_VENDORS = {"replicate": "ReplicatePrediction", "stripe": "StripeEvent"}

PREDICTION: Json = {
    "type": "object",
    "description": "A prediction in Replicate's own words; what is not named here is ignored.",
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string", "description": "`starting` and `processing` are answered and ignored."},
        "output": {"description": "Addresses of the results."},
        "error": {"type": ["string", "null"]},
        "metrics": {"type": "object", "properties": {"predict_time": {"type": "number"}}},
    },
}


def _account_patch() -> Json:
    schema = _plain(Profile.model_json_schema(ref_template=REF))
    schema["properties"]["preferences"] = {"$ref": "#/components/schemas/PreferencesPatch"}
    words = "What to change. What is not named stays; `null` removes or resets."
    return _patch(schema) | {"description": words}


def _preferences_patch() -> Json:
    return _patch(_plain(Profile.model_json_schema(ref_template=REF)["$defs"]["Preferences"]))


def _patch(schema: Json) -> Json:
    """The same fields, each of which may be left out or taken back by null."""
    for name, each in schema["properties"].items():
        each.pop("default", None)
        schema["properties"][name] = nullable(each)
    schema.pop("description", None)
    return schema


def _plain(schema: Json) -> Json:
    return tidied({key: value for key, value in deepcopy(schema).items() if key != "$defs"})


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {key: _renamed(each) for key, each in value.items()}
    for old, new in RENAMED.items():
        if made.get("$ref") == REF.format(model=old):
            made["$ref"] = REF.format(model=new)
    return made
