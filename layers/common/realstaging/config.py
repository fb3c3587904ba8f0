"""The product's settings: config/base.yaml and one file per stage, merged, checked and frozen.

The layer's build writes `packaged/<stage>.json` beside this file, so that a cold start parses no
YAML. SETTINGS_OVERRIDES (JSON, from the template) is merged last: addresses that only a deployment
knows. Secrets are never here, only references to them (`ssm:/…`).
"""

import functools
import json
import os
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from realstaging.models.choices import Choices
from realstaging.models.provider import DEFAULT_ACCOUNT

HERE = Path(__file__).resolve().parent
PACKAGED = HERE / "packaged"
SOURCES = HERE.parents[2] / "config"
STAGES = ("local", "dev", "staging", "prod")


AccountName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(_Section):
    """Whose access tokens are accepted. `issuer` compares exactly, with its trailing slash."""

    issuer: str = Field(
        description=(
            "Who signs the access tokens: compared letter by letter with the token's `iss`, trailing slash included."
        )
    )
    audience: str = Field(description="Whom the tokens are for: must be the token's `aud`, or among several.")
    jwks_url: str | None = Field(
        default=None, description="Where the issuer's keys are; null: at the address its OpenID configuration names."
    )
    roles_claim: str = Field(
        description="The claim that lists the caller's roles; only `admin` among them means something."
    )
    leeway_seconds: int = Field(ge=0, le=300, description="By how much the issuer's clock and ours may differ.")


class Uploads(_Section):
    """How photos come in."""

    max_files: int = Field(ge=1, le=50, description="Most files that one request may announce.")
    max_bytes: int = Field(description="Largest photo that is taken; storage enforces it, too.")
    url_seconds: int = Field(ge=60, le=3600, description="How long an upload form is good for.")
    check_after_seconds: int = Field(description="No upload event by then: look whether the file came all the same.")
    expire_after_hours: int = Field(
        description="A photo that has not come by then expires, and its jobs fail without being charged."
    )
    max_body_bytes: int = Field(description="Largest request body that is read; a larger one is refused with 413.")


class Images(_Section):
    """Bounds of a photo, in pixels. `aspect_tolerance` is relative (0.02 = 2 %)."""

    max_pixels: int = Field(description="Most pixels of a JPEG or HEIC photo, checked before it is decoded.")
    max_pixels_whole: int = Field(description="Likewise of photos in other formats, and of results.")
    min_side: int = Field(description="Shortest side that a photo may have.")
    master_long_side: int = Field(
        description="Long side of the picture that the models see; a larger one only costs more."
    )
    thumbnail_long_side: int = Field(description="Long side of thumbnails.")
    aspect_tolerance: float = Field(
        description=(
            "How far a result's shape may be from the photo's (relative); within it, the result is cropped back."
        )
    )


class Jobs(_Section):
    """How long and how often a staging is tried."""

    max_attempts: int = Field(ge=1, le=10, description="How often a job is given to the model before it fails.")
    max_hours: int = Field(
        ge=1, le=720, description="A job that has waited longer than this fails without being charged."
    )
    resend_after_seconds: int = Field(
        description="Queued, and nothing has happened for this long: its message is sent again."
    )
    retry_delay_seconds: int = Field(
        description="Pause before the second attempt; twice as long before the third, and so on."
    )


class ProviderAccount(_Section):
    """A further account at the provider."""

    creations_per_minute: int | None = Field(
        ge=0,
        le=100_000,
        description=(
            "Further accounts at the provider, by a name of your own (`[a-z0-9-]`), beside the one above, which is "
            "called `default`: how many runs are started there in a minute; null: as many as come; 0: none, what runs "
            "comes to its end. Its secrets are the parameters `/realstaging/<stage>/replicate/<name>/api_token` and "
            "`…/webhook_secret`."
        ),
    )


@dataclass(frozen=True, slots=True)
class ProviderAccess:
    """What belongs to one account at the provider, the secrets by reference."""

    api_token: str
    webhook_secret: str
    creations_per_minute: int | None


class Replicate(_Section):
    """How the provider is reached. `inputs: inline` and `results: poll` serve a machine it cannot reach."""

    base_url: str = Field(description="Address of the provider's API, without a version.")
    api_token: str = Field(description="Where the provider's token is kept; `{stage}` is filled in.")
    webhook_secret: str = Field(
        description=(
            "Where the secret is kept that the provider signs webhooks with; two, separated by a "
            "space, while it changes."
        )
    )
    timeout_seconds: float = Field(description="Longest wait for one answer of the provider.")
    cancel_after_seconds: int = Field(description="The provider gives up a run that takes longer.")
    unsure_after_seconds: int = Field(
        description=(
            "After an unclear answer to a create, the provider is asked this much later; a second one is not created."
        )
    )
    ask_after_seconds: int = Field(
        description="No webhook by then: the provider is asked. Its own last repetition comes after a minute."
    )
    max_retry_after_seconds: int = Field(
        description="Longest wait that the provider may demand of a job when it is busy."
    )
    delivery_hosts: tuple[str, ...] = Field(
        description="Hosts that results are fetched from, with their subdomains; no others."
    )
    max_result_bytes: int = Field(description="Largest result that is fetched.")
    inputs: Literal["url", "inline"] = Field(
        description=("How a model gets the photo: by a signed address, or inside the request where it cannot reach us.")
    )
    results: Literal["webhook", "poll"] = Field(
        description="How we hear of a result: by webhook, or by asking where the provider cannot reach us."
    )
    poll_seconds: int = Field(description="Pause between two questions, where results are asked for.")
    creations_per_minute: int | None = Field(
        ge=0,
        le=100_000,
        description=(
            "How many runs are started in a minute, evenly; null: as many as come; 0: none, jobs wait. The provider's "
            "own limit is 600."
        ),
    )
    accounts: dict[AccountName, ProviderAccount] = Field(
        default_factory=dict,
        max_length=15,
        description="Further accounts at the provider, each with a schedule and a breaker of its own.",
    )
    breaker_failures: int = Field(
        ge=1,
        le=100,
        description=(
            "After this many server errors in a row no more runs are started for a while; after one "
            "refusal of our account."
        ),
    )
    breaker_seconds: int = Field(
        ge=1,
        le=900,
        description=(
            "How long that while is; then one run tries. It doubles with every vain try, up to fifteen minutes."
        ),
    )

    @model_validator(mode="after")
    def _names_default_once(self) -> Self:
        if DEFAULT_ACCOUNT in self.accounts:
            raise ValueError(f"accounts: {DEFAULT_ACCOUNT} is the name of the account without one")
        return self

    @property
    def every_account(self) -> dict[str, ProviderAccess]:
        """All accounts by name, `default` first."""
        first = ProviderAccess(self.api_token, self.webhook_secret, self.creations_per_minute)
        kept = "ssm:/realstaging/{{stage}}/replicate/{}/{}"
        return {DEFAULT_ACCOUNT: first} | {
            name: ProviderAccess(
                kept.format(name, "api_token"), kept.format(name, "webhook_secret"), each.creations_per_minute
            )
            for name, each in self.accounts.items()
        }

    @property
    def paces(self) -> dict[str, int | None]:
        """Creations a minute of the accounts that may start runs."""
        return {
            name: each.creations_per_minute
            for name, each in self.every_account.items()
            if each.creations_per_minute != 0
        }


class Sockets(_Section):
    """Live status."""

    ticket_seconds: int = Field(description="How long a ticket for a socket is good for; it works once.")
    max_per_owner: int = Field(description="Most sockets that one account may have open.")
    hours: int = Field(description="After this long a socket is forgotten; the gateway itself closes it at two hours.")


class Rates(_Section):
    """How many requests an owner may make in a window."""

    creations: int = Field(
        ge=1, description="Creating requests that an account may make in a window; more are refused with 429."
    )
    requests: int = Field(
        default=3000,
        ge=1,
        description="Requests of any kind that an account may make in a window; more are refused with 429.",
    )
    window_seconds: int = Field(ge=1, description="Length of a window.")


class Checks(_Section):
    """The picture check of results. Thresholds are those of realstaging/imaging/checks/thresholds.py."""

    default: Literal["report", "reroll", "refuse"] = Field(
        description="What becomes of a result that fails its check, where the request does not say."
    )
    thresholds: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="By mode, thresholds that replace the method's own."
    )
    models: dict[str, dict[str, dict[str, Any]]] = Field(
        default_factory=dict, description="By model and mode, thresholds that replace those of the mode."
    )


class Models(_Section):
    """Which models are on offer, by the ids of realstaging/image_models/families/."""

    default: str = Field(description="The model of requests that name none; must be enabled.")
    enabled: tuple[str, ...] = Field(description="The models on offer.")
    fallbacks: tuple[str, ...] = Field(
        default=(), description="Which models take over from one that is disabled or keeps failing, in this order."
    )
    tries_each: int = Field(
        default=2,
        ge=1,
        le=10,
        description="How often a model may fail for reasons of its own before the next one takes over.",
    )
    parameters: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Parameters by model, beside its defaults; checked against the model's own schema.",
    )


class Plan(_Section):
    """One plan; `free` must exist."""

    name: str = Field(description="What people read.")
    price_usd: Decimal = Field(description="Price of a month, in US dollars.")
    images_per_month: int = Field(ge=0, le=10_000_000, description="How many results a month includes.")
    model: str | None = Field(
        default=None, description="The model of requests that name none, in place of the default one."
    )


class Billing(_Section):
    """How long a subscription is believed when nothing is heard of it."""

    past_due_days: int = Field(ge=0, le=60, description="How long the plan goes on after a renewal that was not paid.")
    leeway_hours: int = Field(
        ge=0, le=168, description="How long a period goes on after its end while the renewal is on its way."
    )
    keep_customers: bool = Field(
        default=False,
        description="Whether the customer of a closed account stays at Stripe, with e-mail and cards; "
        "its invoices stay anyway.",
    )


class Stripe(_Section):
    """How Stripe is reached. Prices are found by their lookup key, `realstaging_<plan>_monthly`."""

    api_base: str = Field(description="Address of Stripe's API, without a version.")
    secret_key: str = Field(description="Where the secret key is kept; `{stage}` is filled in.")
    webhook_secret: str = Field(
        description=(
            "Where the secret is kept that Stripe signs webhooks with; two, separated by a space, while it changes."
        )
    )
    connect_seconds: float = Field(description="Longest wait for a connection to Stripe.")
    timeout_seconds: float = Field(description="Longest wait for one answer of Stripe.")
    retries: int = Field(
        ge=0, le=5, description="How often a call without an answer is repeated, under the same idempotency key."
    )
    return_url: str = Field(description="Where Stripe's pages lead back to.")


class Settings(_Section):
    stage: Literal["local", "dev", "staging", "prod"] = Field(
        description="The stage's own name, which is that of its file."
    )
    identity: Identity
    uploads: Uploads
    images: Images
    jobs: Jobs
    replicate: Replicate
    sockets: Sockets
    rates: Rates
    room_types: Choices = Field(description="The room types on offer, in the order in which they are shown.")
    styles: Choices = Field(
        description=(
            "The styles on offer, in the order in which they are shown; each needs texts in `config/prompts.yaml`."
        )
    )
    checks: Checks
    models: Models
    plans: dict[str, Plan]
    billing: Billing
    stripe: Stripe

    @model_validator(mode="after")
    def _has_no_placeholders(self) -> Self:
        """A stage that is deployed has an issuer of its own: with a placeholder every request would answer 503."""
        if self.stage != "local" and "example" in self.identity.issuer:
            raise ValueError(
                f"identity.issuer is a placeholder ({self.identity.issuer}): put the issuer of your own tenant "
                f"into SettingsOverrides of [{self.stage}] in samconfig.toml"
            )
        return self

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        """Settings that contradict each other start nothing: they would fail in every request."""
        named = {"models.default": self.models.default}
        named |= {f"models.fallbacks.{index}": id for index, id in enumerate(self.models.fallbacks)}
        named |= {f"plans.{name}.model": plan.model for name, plan in self.plans.items() if plan.model}
        wrong = [f"{where}: {id} is not enabled" for where, id in named.items() if id not in self.models.enabled]
        if "free" not in self.plans:
            wrong.append("plans.free is missing")
        if self.replicate.inputs == "inline" and self.replicate.results == "webhook":
            wrong.append("replicate: with inputs `inline`, webhooks would repeat the photo and be too large to take")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


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
