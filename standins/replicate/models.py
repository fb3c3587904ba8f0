"""The models this stand-in has, their published schemas, and the validation of inputs."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

FOLDER = Path(__file__).parent / "models"
HEX_VERSION = re.compile(r"[0-9a-f]{64}")

uris = FormatChecker(formats=())


@uris.checks("uri", raises=ValueError)
def is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    parts = urlsplit(value)
    return (parts.scheme in {"http", "https"} and bool(parts.netloc)) or parts.scheme == "data"


@dataclass(frozen=True)
class Model:
    owner: str
    name: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    # {field: {choice: pixels}}
    pixels: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def version_id(self) -> str:
        return hashlib.sha256(self.slug.encode()).hexdigest()

    @property
    def answers_with_a_list(self) -> bool:
        return bool(self.output_schema["type"] == "array")

    @property
    def defaults(self) -> dict[str, Any]:
        fields = self.input_schema["properties"]
        return {name: field["default"] for name, field in fields.items() if "default" in field}

    def as_json(self) -> dict[str, Any]:
        schemas = {"Input": self.input_schema, "Output": self.output_schema}
        return {
            "url": f"https://replicate.com/{self.slug}",
            "owner": self.owner,
            "name": self.name,
            "description": self.description,
            "visibility": "public",
            "is_official": True,
            "github_url": None,
            "paper_url": None,
            "license_url": None,
            "run_count": 1,
            "cover_image_url": None,
            "default_example": None,
            "latest_version": {
                "id": self.version_id,
                "created_at": "2025-12-23T00:00:00.000000Z",
                "cog_version": "0.16.9",
                "openapi_schema": {"openapi": "3.1.0", "components": {"schemas": schemas}},
            },
        }


@cache
def all_models() -> dict[str, Model]:
    """By slug. Each file `models/<owner>/<name>.json` is a model."""
    found = {}
    for path in sorted(FOLDER.glob("*/*.json")):
        page = json.loads(path.read_text())
        described = page["description"], page["input"], page["output"], page.get("pixels", {})
        model = Model(path.parent.name, path.stem, *described)
        found[model.slug] = model
    return found


def find_version(version: str) -> tuple[Model, str] | None:
    """The model a `version` names, and the version its predictions report.

    Official models hide theirs. Any 64-digit version of a known model is accepted: the real versions change
    without notice.
    """
    slug, _, digits = version.partition(":")
    model = all_models().get(slug)
    if model and not digits and ":" not in version:
        return model, "hidden"
    if model and HEX_VERSION.fullmatch(digits):
        return model, digits
    return next(((each, version) for each in all_models().values() if each.version_id == version), None)


@dataclass(frozen=True)
class InvalidField:
    type: str
    field: str
    description: str


def invalid_fields(model: Model, given: Any) -> list[InvalidField]:
    checker = Draft202012Validator(model.input_schema, format_checker=uris)
    return [each for error in checker.iter_errors(given) for each in _invalid_fields_of(error)]


def _invalid_fields_of(error: ValidationError) -> list[InvalidField]:
    field = ".".join(["input", *map(str, error.absolute_path)])
    schema: Any = error.schema
    wanted: Any = error.validator_value
    got: Any = error.instance
    match error.validator:
        case "required":
            missing = [name for name in wanted if name not in got]
            # There is one error per missing name; its message begins with the name.
            name = next(name for name in missing if error.message.startswith(repr(name)))
            return [InvalidField("required", field, f"{name} is required")]
        case "additionalProperties":
            extra = sorted(set(got) - set(schema["properties"]))
            texts = [f"Additional property {name} is not allowed" for name in extra]
            return [InvalidField("additional_property_not_allowed", field, text) for text in texts]
        case "type":
            text = f"Invalid type. Expected: {wanted}, given: {type(got).__name__}"
            return [InvalidField("invalid_type", field, text)]
        case "enum":
            choices = ", ".join(f'"{choice}"' for choice in wanted)
            return [InvalidField("enum", field, f"{field} must be one of the following: {choices}")]
        case "minimum":
            return [InvalidField("number_gte", field, f"Must be greater than or equal to {wanted}")]
        case "maximum":
            return [InvalidField("number_lte", field, f"Must be less than or equal to {wanted}")]
        case _:
            return [InvalidField(str(error.validator), field, f"Does not match {error.validator} '{wanted}'")]
