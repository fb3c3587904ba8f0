"""What administrators see of models, settings and the audit log, and what they may ask for.

Not among the package's own names: one function needs them, and all pay for what the package imports.
"""

from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from realstaging.models.base import Frozen
from realstaging.models.picture_checks import CheckFigures

MAX_NOTE = 200


class ChangeOrder(Frozen):
    """What every change takes; all of it optional."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expected_version: int | None = Field(
        default=None, ge=0, strict=True, description="Refused with 409 `version_conflict` if it is at another version."
    )
    note: str | None = Field(default=None, max_length=MAX_NOTE, description="Why; kept with the version.")


class NewParameters(ChangeOrder):
    """The whole set: what is not named is as the model's builder chooses. They may also be sent by themselves."""

    parameters: dict[str, Any] = Field(description="By name, as `parameters_schema` says.")
    _under: str = PrivateAttr(default="/parameters")

    @property
    def under(self) -> str:
        """Where in the request they stand."""
        return self._under

    @model_validator(mode="wrap")
    @classmethod
    def _by_themselves(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, dict) or "parameters" in data:
            return handler(data)
        parameters = {name: value for name, value in data.items() if name not in ChangeOrder.model_fields}
        if not parameters:
            return handler(data)
        order = handler({name: data[name] for name in data.keys() - parameters.keys()} | {"parameters": parameters})
        order._under = ""
        return order


class NewValue(ChangeOrder):
    value: Any = Field(description="As `value_schema` says; of a secret 8–2048 printable ASCII characters.")


class Rollback(ChangeOrder):
    """`version` 0: as the stage's file says."""

    version: int = Field(ge=0, strict=True, description="The version to go back to.")


class PriceException(Frozen):
    """A parameter that changes the price of a run."""

    parameter: str
    value: str
    run_usd: Decimal


class PriceView(Frozen):
    """What the provider asks for one result; a megapixel begun counts whole."""

    run_usd: Decimal
    megapixel_out_usd: Decimal
    megapixel_in_usd: Decimal
    exceptions: list[PriceException]


class AdminModelView(Frozen):
    """A registered model, on offer or not. `objection`: why it cannot be enabled, null if it can."""

    id: str
    name: str
    description: str
    model_version: str | None = Field(
        description="The provider's version that is pinned; `null` where there is none to pin."
    )
    enabled: bool
    default: bool
    offered: bool
    objection: str | None = Field(description="Why it cannot be enabled; `null` if it can.")
    secret: str | None = Field(description="The key in the settings under which the secret is written that it needs.")
    price: PriceView
    typical_seconds: float
    accepts_seed: bool
    keeps_aspect: bool
    aspect_ratios: list[str]
    max_inputs: int
    max_pixels: int | None
    max_prompt_length: int | None
    output_formats: list[str]
    parameters: dict[str, Any] = Field(description="What is set; everything else is as we choose for each photo.")
    version: int = Field(description="Of what is set; 0: never anything.")


class AdminModelInFull(AdminModelView):
    """With the JSON Schema of what may be set, and what is sent when nothing is."""

    parameters_schema: dict[str, Any]
    defaults: dict[str, Any] = Field(description="What is sent when nothing is set.")


class ListedModel(AdminModelView):
    checks: CheckFigures


class AdminModelList(Frozen):
    items: list[ListedModel]
    next_cursor: str | None = None


class ModelRevision(Frozen):
    """`enabled` null: as the stage's file says."""

    version: int
    parameters: dict[str, Any]
    enabled: bool | None = Field(description="`null`: as the stage's file says.")
    by: str
    at: AwareDatetime
    note: str | None = None


class ModelRevisionPage(Frozen):
    items: list[ModelRevision]
    next_cursor: str | None = Field(description="The `cursor` of the next page; `null` on the last.")


class SettingView(Frozen):
    """`default` is what the stage's file says; `set` whether something else was ever said."""

    kind: Literal["setting"] = "setting"
    key: str
    value: Any
    default: Any = Field(description="What the stage's file says.")
    set: bool = Field(description="Whether something else is set.")
    version: int = Field(description="Of what is set; 0: never anything.")
    description: str
    value_schema: dict[str, Any] = Field(description="The JSON Schema of `value`.")


class SecretView(Frozen):
    """Whether a secret is there, and who wrote it last through this API. Its value is never shown."""

    kind: Literal["secret"] = "secret"
    key: str
    set: bool = Field(description="Whether it is there.")
    version: int = Field(
        description=("Of what was written here; 0: never anything, though it may have been put in place by hand.")
    )
    updated_at: AwareDatetime | None
    updated_by: str | None


class IgnoredSetting(Frozen):
    """Something that was set and is not in force: a later deployment does not take it."""

    subject: str = Field(description="`settings/<key>` or `models/<id>`, as in the audit log.")
    reason: str


class SettingList(Frozen):
    items: list[SettingView | SecretView]
    ignored: list[IgnoredSetting] = Field(
        default_factory=list,
        description="What was set and is not in force, because this deployment does not take it; the rest counts.",
    )
    next_cursor: str | None = None


class SettingRevision(Frozen):
    """`set` false: from then on as the stage's file says. Of a secret, `value` is null."""

    version: int
    value: Any = Field(description="`null` for a secret.")
    set: bool = Field(description="`false`: from then on as the stage's file says; of a secret always.")
    by: str
    at: AwareDatetime
    note: str | None = None


class SettingRevisionPage(Frozen):
    items: list[SettingRevision]
    next_cursor: str | None = Field(description="The `cursor` of the next page; `null` on the last.")


class AuditEntry(Frozen):
    """Something an administrator did: `before` and `after` are what it changed."""

    id: str
    at: AwareDatetime
    by: str = Field(description="The administrator's owner id.")
    action: str
    subject: str = Field(description="`models/<id>`, `settings/<key>`, and what else there is.")
    before: Any = Field(description="What was there; `null` where nothing is kept.")
    after: Any


class AuditPage(Frozen):
    items: list[AuditEntry]
    next_cursor: str | None = Field(description="The `cursor` of the next page; `null` on the last.")
