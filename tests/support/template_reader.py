"""Questions that the rules ask of the template and of the handlers."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("get", "post", "put", "patch", "delete")
READERS = ("required", "os.environ.get")


def loader() -> type[yaml.CSafeLoader]:
    """YAML with CloudFormation's short forms written out."""

    class Loader(yaml.CSafeLoader): ...

    def long_form(loader: yaml.CSafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
        value: Any
        match node:
            case yaml.ScalarNode():
                value = loader.construct_scalar(node)
            case yaml.SequenceNode():
                value = loader.construct_sequence(node, deep=True)
            case _:
                assert isinstance(node, yaml.MappingNode)
                value = loader.construct_mapping(node, deep=True)
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}

    Loader.add_multi_constructor("!", long_form)
    return Loader


def target(value: Any) -> str:
    """The logical id that a Ref or a GetAtt names; of a function's alias, the function."""
    named = value.get("Ref") or value["Fn::GetAtt"][0]
    assert isinstance(named, str)
    return named.removesuffix(".Alias").removesuffix("Aliaslive")


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(pattern: str, path: str) -> bool:
    """Whether a gateway's path takes this one; `{proxy+}` takes one part or more, `{id}` exactly one."""
    written = re.escape(re.sub(r"\{\w+\+\}", "**", re.sub(r"\{\w+\}", "*", pattern)))
    return bool(re.fullmatch(written.replace(r"\*\*", ".+").replace(r"\*", "[^/]+"), path))


@dataclass(frozen=True)
class Resources:
    template: dict[str, Any]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Logical id -> properties."""
        found = self.template["Resources"].items()
        return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}


class Written(Resources):
    """template.yaml itself."""

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        return self.of("AWS::Serverless::Function")

    @property
    def shared_variables(self) -> set[str]:
        return set(self.template["Globals"]["Function"]["Environment"]["Variables"])

    def timeout(self, function: str) -> int:
        return int(self.functions[function].get("Timeout", self.template["Globals"]["Function"]["Timeout"]))

    def events(self, function: str, *kinds: str) -> list[dict[str, Any]]:
        """The properties of a function's events of these types."""
        events = self.functions[function].get("Events", {}).values()
        return [event["Properties"] for event in events if event["Type"] in kinds]

    def routes(self, function: str) -> set[str]:
        """The gateway's routes that lead to a function: `POST /v1/uploads`, `GET /v1/admin/{proxy+}`."""
        return {f"{event['Method']} {event['Path']}" for event in self.events(function, "HttpApi")}

    def receiver(self, route: str) -> str | None:
        """The function that gets this request."""
        found = self.route_of(route)
        return next((name for name in self.functions if found in self.routes(name)), None)

    def route_of(self, request: str) -> str | None:
        """The gateway's route that takes a request. As HTTP APIs choose: an exact path first, then the longest."""
        method, path = request.split(" ")
        found = [
            ("+}" not in one, len(one), one)
            for function in self.functions
            for one in self.routes(function)
            if one.split(" ")[0] == method and _matches(one.split(" ")[1], path)
        ]
        return max(found)[2] if found else None


class Expanded(Resources):
    """What CloudFormation gets."""

    @property
    def queues(self) -> dict[str, dict[str, Any]]:
        return self.of("AWS::SQS::Queue")

    @property
    def mappings(self) -> dict[str, dict[str, Any]]:
        return self.of("AWS::Lambda::EventSourceMapping")

    @cached_property
    def statements(self) -> list[tuple[str, dict[str, Any]]]:
        """Every statement of every role, with the role's logical id."""
        return [
            (role, statement)
            for role, properties in self.of("AWS::IAM::Role").items()
            for policy in properties.get("Policies", [])
            for statement in listed(policy["PolicyDocument"]["Statement"])
        ]

    @property
    def dead_letters(self) -> set[str]:
        """Queues that take what failed for good."""
        redrives = [queue["RedrivePolicy"] for queue in self.queues.values() if "RedrivePolicy" in queue]
        sources = [*self.mappings.values(), *self.of("AWS::Lambda::EventInvokeConfig").values()]
        failures = [one["DestinationConfig"]["OnFailure"] for one in sources if "DestinationConfig" in one]
        return {target(redrive["deadLetterTargetArn"]) for redrive in redrives} | {
            target(failure["Destination"]) for failure in failures
        }


@dataclass(frozen=True)
class Handler:
    """A function's one file."""

    path: Path

    @property
    def function(self) -> str:
        """Its logical id: the folder in PascalCase."""
        return "".join(word.capitalize() for word in self.path.parent.name.split("_"))

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text())

    @property
    def routes(self) -> set[str]:
        """What the resolver is told, or for a handler without one, what its docstring says it answers."""
        decorators = [each for node in ast.walk(self.tree) for each in getattr(node, "decorator_list", [])]
        found = {
            f"{call.func.attr.upper()} {call.args[0].value.replace('<', '{').replace('>', '}')}"
            for call in decorators
            if isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in METHODS
            and isinstance(call.args[0], ast.Constant)
            and isinstance(call.args[0].value, str)
        }
        return found or set(re.findall(r"[A-Z]+ /v1/[\w/{}-]+", ast.get_docstring(self.tree) or ""))


def handlers() -> list[Handler]:
    return [Handler(path) for path in sorted((ROOT / "functions").glob("*/handler.py"))]


def variables_read(tree: ast.AST) -> Iterator[str]:
    """`required("X")` and `os.environ.get("X")`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(reader, [ast.Constant(str(name)), *_]) if ast.unparse(reader) in READERS:
                yield name
