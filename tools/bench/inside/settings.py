"""How long the settings take a new process, in milliseconds: to read and check them, and the module itself before."""

import json
import time
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field


class Warm(BaseModel):
    """Pydantic loads itself bit by bit; every function has it, so that is not the settings' share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: tuple[Decimal, ...] = Field(default=())


began = time.perf_counter()
from realstaging.config import settings  # noqa: E402

imported = time.perf_counter()
settings()
loaded = time.perf_counter()
print(json.dumps({"load": (loaded - imported) * 1000, "module": (imported - began) * 1000}))
