"""What administrators see of models, settings and the audit log, and what they may ask for.

Not among the package's own names: one function needs them, and all pay for what the package imports.
"""

from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from realstaging.models.base import Frozen

MAX_NOTE = 200


class ChangeOrder(Frozen):
    """What every change takes: the version that it is meant for, and why it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expected_version: int | None = Field(default=None, ge=0, strict=True)
    note: str | None = Field(default=None, max_length=MAX_NOTE)


class NewParameters(ChangeOrder):
    """The whole set: what is not named is as the model's builder chooses. They may also be sent by themselves."""

    parameters: dict[str, Any]
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
    value: Any


class Rollback(ChangeOrder):
    """`version` 0: as the stage's file says."""

    version: int = Field(ge=0, strict=True)


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
    model_version: str | None
    enabled: bool
    default: bool
    offered: bool
    objection: str | None
    secret: str | None
    price: PriceView
    typical_seconds: float
    accepts_seed: bool
    keeps_aspect: bool
    aspect_ratios: list[str]
    max_inputs: int
    max_pixels: int | None
    max_prompt_length: int | None
    output_formats: list[str]
    parameters: dict[str, Any]
    version: int


class AdminModelInFull(AdminModelView):
    """With the JSON Schema of what may be set, and what is sent when nothing is."""

    parameters_schema: dict[str, Any]
    defaults: dict[str, Any]


class AdminModelList(Frozen):
    items: list[AdminModelView]
    next_cursor: str | None = None


class ModelRevision(Frozen):
    """`enabled` null: as the stage's file says."""

    version: int
    parameters: dict[str, Any]
    enabled: bool | None
    by: str
    at: AwareDatetime
    note: str | None = None


class ModelRevisionPage(Frozen):
    items: list[ModelRevision]
    next_cursor: str | None


class SettingView(Frozen):
    """`default` is what the stage's file says; `set` whether something else was ever said."""

    kind: Literal["setting"] = "setting"
    key: str
    value: Any
    default: Any
    set: bool
    version: int
    description: str
    value_schema: dict[str, Any]


class SecretView(Frozen):
    """Whether a secret is there, and who wrote it last through this API. Its value is never shown."""

    kind: Literal["secret"] = "secret"
    key: str
    set: bool
    version: int
    updated_at: AwareDatetime | None
    updated_by: str | None


class SettingList(Frozen):
    items: list[SettingView | SecretView]
    next_cursor: str | None = None


class SettingRevision(Frozen):
    """`set` false: from then on as the stage's file says. Of a secret, `value` is null."""

    version: int
    value: Any
    set: bool
    by: str
    at: AwareDatetime
    note: str | None = None


class SettingRevisionPage(Frozen):
    items: list[SettingRevision]
    next_cursor: str | None


class AuditEntry(Frozen):
    """Something an administrator did: `before` and `after` are what it changed."""

    id: str
    at: AwareDatetime
    by: str
    action: str
    subject: str
    before: Any
    after: Any


class AuditPage(Frozen):
    items: list[AuditEntry]
    next_cursor: str | None
