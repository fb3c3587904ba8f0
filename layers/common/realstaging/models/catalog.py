"""What is on offer."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from realstaging.models.base import Frozen
from realstaging.models.choices import Choice


class Health(Frozen):
    status: Literal["ok"] = "ok"
    service: Literal["realstaging"] = "realstaging"
    version: str


class ModelOption(Frozen):
    id: str
    name: str
    description: str
    accepts_seed: bool
    aspect_ratios: list[str] = Field(
        description="The only shapes it makes, which a photo must nearly have; empty: any."
    )
    max_prompt_length: int | None = Field(
        description="In characters, with the parts that protect the room; `null`: no limit."
    )
    price_usd: Decimal = Field(description="What a result of two megapixels costs at the provider.")
    typical_seconds: float
    default: bool


class PlanOption(Frozen):
    id: str
    name: str
    price_usd: Decimal
    images_per_month: int


class ResultOptions(Frozen):
    """What can be said of the result, and what applies where nothing is said."""

    modes: list[str]
    checks: list[str]
    default_check: str = Field(description="What becomes of a result that does not keep the room.")
    sizes: list[str]
    formats: list[str]


class Limits(Frozen):
    max_files: int
    max_bytes: int
    max_pixels: int
    max_pixels_whole: int
    min_side: int
    content_types: list[str]
    styles_per_image: int
    variations: int
    prompt_min_length: int
    prompt_max_length: int


class Capabilities(Frozen):
    room_types: list[Choice]
    styles: list[Choice]
    models: list[ModelOption]
    results: ResultOptions
    limits: Limits
    plans: list[PlanOption]
