"""What the functions themselves say of their HTTP routes: the resolvers' own schemas, laid together."""

import importlib.util
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Json = dict[str, Any]
# Powertools adds these for its own refusals; ours are problems.
FOREIGN = ("HTTPValidationError", "ValidationError", "ResponseValidationError")


class MismatchError(Exception):
    """The code and the words of the reference do not fit together; the message says where."""


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


def collected() -> Routes:
    routes = Routes()
    for path in sorted((ROOT / "functions").glob("*/handler.py")):
        source = path.read_text()
        if "app = Api(" in source:
            module = _loaded(path, source)
            routes.add(path.parent.name, json.loads(module.app.get_openapi_json_schema()))
            routes.public |= getattr(module, "PUBLIC", frozenset())
        else:
            for route in _told(source):
                routes.operations[route] = {"responses": {}}
                routes.public.add(route.split()[1])
    return routes


def _told(source: str) -> Iterator[str]:
    """The routes that a handler without a resolver names in its docstring: webhooks."""
    yield from re.findall(r"[A-Z]+ /v1/webhooks/[\w/{}-]+", source.split('"""')[1])


def _loaded(path: Path, source: str) -> ModuleType:
    """A handler's module. Nothing is called, so what it needs to know may be made up."""
    for name in ("TABLE_NAME", *re.findall(r'required\("(\w+)"\)', source)):
        os.environ.setdefault(name, "none")
    os.environ |= {"STAGE": "local", "SETTINGS_OVERRIDES": "{}", "AWS_DEFAULT_REGION": "us-east-1"}
    spec = importlib.util.spec_from_file_location(f"handler_of_{path.parent.name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
