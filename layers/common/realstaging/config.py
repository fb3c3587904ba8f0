"""The product's settings: config/base.yaml and one file per stage, merged, checked and frozen.

The layer's build writes `packaged/<stage>.json` beside this file, so that a cold start parses no
YAML. SETTINGS_OVERRIDES (JSON, from the template) is merged last: addresses that only a deployment
knows. Secrets are never here, only references to them (`ssm:/…`).
"""

import functools
import json
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

HERE = Path(__file__).resolve().parent
PACKAGED = HERE / "packaged"
SOURCES = HERE.parents[2] / "config"
STAGES = ("local", "dev", "staging", "prod")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(_Section):
    """Whose access tokens are accepted. `issuer` compares exactly, with its trailing slash."""

    issuer: str
    audience: str
    jwks_url: str | None = None
    roles_claim: str
    leeway_seconds: int = Field(ge=0, le=300)


class Uploads(_Section):
    max_files: int = Field(ge=1, le=50)
    max_bytes: int
    url_seconds: int = Field(ge=60, le=3600)
    check_after_seconds: int
    expire_after_hours: int
    max_body_bytes: int


class Images(_Section):
    """Bounds of a photo, in pixels. `aspect_tolerance` is relative (0.02 = 2 %)."""

    max_pixels: int
    min_side: int
    master_long_side: int
    thumbnail_long_side: int
    aspect_tolerance: float


class Jobs(_Section):
    max_attempts: int = Field(ge=1, le=10)
    max_hours: int
    resend_after_seconds: int
    retry_delay_seconds: int


class Replicate(_Section):
    """How the provider is reached. `inputs: inline` and `results: poll` serve a machine it cannot reach."""

    base_url: str
    api_token: str
    webhook_secret: str
    timeout_seconds: float
    cancel_after_seconds: int
    unsure_after_seconds: int
    ask_after_seconds: int
    max_retry_after_seconds: int
    out_of_credit_delay_seconds: int
    delivery_hosts: tuple[str, ...]
    max_result_bytes: int
    inputs: Literal["url", "inline"]
    results: Literal["webhook", "poll"]
    poll_seconds: int


class Sockets(_Section):
    ticket_seconds: int
    max_per_owner: int
    hours: int


class Rates(_Section):
    """Creating requests an owner may make in a window."""

    creations: int = Field(ge=1)
    window_seconds: int = Field(ge=1)


class Choice(_Section):
    """One room type or style on offer; a retired one stays valid and maps to another."""

    id: str
    name: str
    deprecated: bool = False
    maps_to: str | None = None


class Models(_Section):
    default: str
    enabled: tuple[str, ...]


class Plan(_Section):
    name: str
    price_usd: Decimal
    images_per_month: int = Field(ge=0)


class Settings(_Section):
    stage: Literal["local", "dev", "staging", "prod"]
    identity: Identity
    uploads: Uploads
    images: Images
    jobs: Jobs
    replicate: Replicate
    sockets: Sockets
    rates: Rates
    room_types: tuple[Choice, ...]
    styles: tuple[Choice, ...]
    models: Models
    plans: dict[str, Plan]


def merged(base: Any, over: Any) -> Any:
    """`over` laid on `base`: mappings merge key by key, everything else is replaced."""
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {key: merged(base.get(key), value) for key, value in over.items()}
    return over


def read(stage: str) -> dict[str, Any]:
    """A stage's settings as plain data, not yet checked."""
    packaged = PACKAGED / f"{stage}.json"
    if packaged.exists():
        data: dict[str, Any] = json.loads(packaged.read_bytes())
        return data
    base, own = _yaml("base"), _yaml(stage)
    return {**merged(base, own), "stage": stage}


def document(name: str) -> dict[str, Any]:
    """Catalogue data too large for the settings, such as `prompts`."""
    packaged = PACKAGED / f"{name}.json"
    if packaged.exists():
        data: dict[str, Any] = json.loads(packaged.read_bytes())
        return data
    return _yaml(name)


def load(stage: str, overrides: str = "{}") -> Settings:
    return Settings.model_validate(merged(read(stage), json.loads(overrides or "{}")))


@functools.cache
def settings() -> Settings:
    """The settings of this process's stage."""
    return load(required("STAGE"), os.environ.get("SETTINGS_OVERRIDES", "{}"))


def required(name: str) -> str:
    """A resource's name, from the template. A missing one stops the first start and names itself."""
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"environment variable {name} is not set")
    return value


def package(folder: Path) -> None:
    """Write every stage, checked, and every document as JSON. Run by the layer's build."""
    folder.mkdir(parents=True, exist_ok=True)
    for stage in STAGES:
        load(stage)
        (folder / f"{stage}.json").write_text(json.dumps(read(stage)))
    for source in SOURCES.glob("*.yaml"):
        if source.stem not in (*STAGES, "base"):
            (folder / f"{source.stem}.json").write_text(json.dumps(_yaml(source.stem)))


def _yaml(name: str) -> dict[str, Any]:
    import yaml  # only where nothing is packaged: tests, checks and the build

    data: dict[str, Any] = yaml.safe_load((SOURCES / f"{name}.yaml").read_text())
    return data


if __name__ == "__main__":
    package(Path(sys.argv[1]))
