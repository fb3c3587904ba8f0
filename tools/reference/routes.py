"""What the functions themselves say of their HTTP routes: the resolvers' own schemas, put together."""

import importlib.util
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from realstaging.api.app import Api

ROOT = Path(__file__).resolve().parents[2]
Json = dict[str, Any]
# Powertools adds these for its own refusals; ours are problems.
FOREIGN = ("HTTPValidationError", "ValidationError", "ResponseValidationError")


class MismatchError(Exception):
    """The code and the reference do not fit together; the message says where."""


@dataclass(frozen=True)
class Words:
    """What `describe` put on a route; see there."""

    tag: str
    id: str
    summary: str
    description: str
    answers: dict[int, str]
    codes: tuple[str, ...]
    creates: bool
    counted: bool
    itemized: bool
    content_type: str
    path: dict[str, str]

    @classmethod
    def of(cls, route: str, raw: Json) -> "Words":
        try:
            ours = dict(raw["x-realstaging"])
            ours["answers"] = {int(status): text for status, text in ours["answers"].items()}
            return cls(raw["tags"][0], raw["operationId"], raw["summary"], raw.get("description", ""), **ours)
        except KeyError as error:
            raise MismatchError(f"{route} is not described: add `**describe(…)` to its decorator ({error}).") from error


@dataclass
class Routes:
    """Every route as `POST /v1/jobs`, what its resolver says of it, and the models they share."""

    operations: dict[str, Json] = field(default_factory=dict)
    public: set[str] = field(default_factory=set)
    models: dict[str, Json] = field(default_factory=dict)

    def add(self, function: str, schema: Json) -> None:
        for name, model in schema["components"]["schemas"].items():
            if name not in FOREIGN and self.models.setdefault(name, model) != model:
                raise MismatchError(f"{function} has another model that is called {name}. Give it a name of its own.")
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                self.operations[f"{method.upper()} {path}"] = operation

    def words(self) -> dict[str, Words]:
        return {route: Words.of(route, raw) for route, raw in self.operations.items()}


def collected() -> Routes:
    """From every handler that has an `app`, or, for webhooks, says in `DOCUMENTED` what it answers."""
    routes = Routes()
    for module in _handlers():
        app = getattr(module, "app", None)
        if isinstance(app, Api):
            routes.add(module.__name__, json.loads(app.get_openapi_json_schema()))
            routes.public |= getattr(module, "PUBLIC", frozenset())
        for route, words in getattr(module, "DOCUMENTED", {}).items():
            extensions = words["openapi_extensions"]
            raw = {"operationId": words["operation_id"], "responses": {}, **words, **extensions}
            routes.operations[route] = raw
            routes.public.add(route.split()[1])
    return routes


def _handlers() -> Iterator[ModuleType]:
    """Every handler's module, loaded. Nothing is called, so the addresses it needs may be made up."""
    for name in _variables():
        os.environ.setdefault(name, "https://example.invalid")
    os.environ |= {"STAGE": "local", "SETTINGS_OVERRIDES": "{}", "AWS_DEFAULT_REGION": "us-east-1"}
    for path in sorted((ROOT / "functions").glob("*/handler.py")):
        spec = importlib.util.spec_from_file_location(f"handler_of_{path.parent.name}", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


class _Loader(yaml.SafeLoader):
    """Reads the template without resolving its functions."""


_Loader.add_multi_constructor("!", lambda _loader, suffix, _node: suffix)


def _variables() -> set[str]:
    """The names of every environment variable that the template gives a function."""
    template = yaml.load((ROOT / "template.yaml").read_text(), _Loader)
    owners = [template["Globals"]["Function"], *(each.get("Properties", {}) for each in template["Resources"].values())]
    return {name for owner in owners for name in owner.get("Environment", {}).get("Variables", {})}
