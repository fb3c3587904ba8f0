"""What administrators have set while the system runs: one row, read with every request that needs it."""

from typing import Any

from pydantic import AwareDatetime, Field

from realstaging.models.base import Frozen


class Setting(Frozen):
    """One setting laid over the stage's file; `unset`: taken back, so that the file counts again."""

    value: Any = None
    version: int
    unset: bool = False


class ModelSettings(Frozen):
    """One model's switches; `enabled` or `parameters` None: as the stage's file says."""

    enabled: bool | None = None
    parameters: dict[str, Any] | None = None
    version: int = 0


class SecretNote(Frozen):
    """That a secret was written, and never what."""

    version: int
    by: str
    at: AwareDatetime


class Overrides(Frozen):
    """Everything that was set; `settings` and `secrets` by dotted key (`models.default`), `models` by id."""

    version: int = 0
    settings: dict[str, Setting] = Field(default_factory=dict)
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    secrets: dict[str, SecretNote] = Field(default_factory=dict)


class Revision(Frozen):
    """One version of one subject: `settings/<key>` or `models/<id>`. Of a secret, `content` is empty."""

    subject: str
    version: int
    content: dict[str, Any]
    by: str
    at: AwareDatetime
    note: str | None = None
