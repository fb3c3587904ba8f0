"""What administrators have set while the system runs: one row, read with every request that needs it."""

from typing import Any

from pydantic import Field

from realstaging.models.base import Frozen


class Setting(Frozen):
    """One setting laid over the stage's file."""

    value: Any
    version: int


class ModelSettings(Frozen):
    """One model's switches; `enabled` None: as the stage's file says."""

    enabled: bool | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    version: int = 0


class Live(Frozen):
    """Everything that was set; `settings` by dotted key (`models.default`), `models` by id."""

    version: int = 0
    settings: dict[str, Setting] = Field(default_factory=dict)
    models: dict[str, ModelSettings] = Field(default_factory=dict)
