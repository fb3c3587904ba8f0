"""What Seedream 4 and 4.5 share: most of their input."""

from typing import Literal

from pydantic import Field

from realstaging.image_models.registry import ProviderInput

MAX_PIXELS = 4096 * 4096


class Input(ProviderInput):
    """Its answer is a list even of one picture; a format cannot be asked for."""

    # More than one picture is made only when a group is asked for, which we never do.
    sequential_image_generation: Literal["disabled", "auto"] = "disabled"
    max_images: int = Field(default=1, ge=1, le=15)
    # Only looked at when `size` is custom.
    width: int = Field(default=2048, ge=1024, le=4096)
    height: int = Field(default=2048, ge=1024, le=4096)
