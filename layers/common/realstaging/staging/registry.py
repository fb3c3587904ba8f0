"""The models we can stage with: what each takes, costs and gives back.

A model is one module in `staging/models/` that calls `register`; adding the file is all there is to do.
"""

import functools
import importlib
import math
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from realstaging.errors import OutputUnusableError
from realstaging.staging import models

OutputFormat = Literal["jpg", "png", "webp"]


@dataclass(frozen=True, slots=True)
class Order:
    """What one staging is made of. `image` is the master, as an https: or data: URL."""

    image: str
    prompt: str
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What the provider asks; a megapixel begun counts whole, as providers bill it."""

    usd: Decimal
    per: Literal["image", "megapixel"] = "image"

    def cost(self, width: int, height: int) -> Decimal:
        """The price of one result of this size."""
        return self.usd if self.per == "image" else self.usd * math.ceil(width * height / 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingModel:
    """One model as its provider describes it.

    `input` is the provider's schema under its own names; `build` fills it, and what it leaves None is
    not sent (`model_dump(exclude_none=True)`). `unverified` lists what no primary source confirmed.
    """

    id: str  # the provider's slug, owner/name
    version: str | None  # 64 hex digits; None for official models, which have no version to pin
    name: str
    description: str
    input: type[BaseModel]
    build: Callable[[Order], BaseModel]
    price: Price
    typical_seconds: float
    accepts_seed: bool
    keeps_aspect: bool
    max_inputs: int
    max_pixels: int | None  # of a result; None where the provider does not say
    output_formats: tuple[OutputFormat, ...]
    unverified: tuple[str, ...] = ()


_registered: dict[str, StagingModel] = {}


def register(model: StagingModel) -> None:
    if model.id in _registered:
        raise ValueError(f"{model.id} is registered twice")
    _registered[model.id] = model


def get(model_id: str) -> StagingModel:
    """The model with this id; KeyError if there is none."""
    return _loaded()[model_id]


def all() -> tuple[StagingModel, ...]:
    """Every model, by id."""
    return tuple(model for _, model in sorted(_loaded().items()))


def output_urls(output: object) -> list[str]:
    """Where the pictures of a finished prediction are: models answer with one address or a list of them."""
    urls = output if isinstance(output, list) else [output]
    found = [url for url in urls if isinstance(url, str) and url]
    if not found or len(found) < len(urls):
        raise OutputUnusableError("The model finished without delivering a picture.")
    return found


@functools.cache
def _loaded() -> dict[str, StagingModel]:
    for module in pkgutil.iter_modules(models.__path__, f"{models.__name__}."):
        importlib.import_module(module.name)
    return _registered
