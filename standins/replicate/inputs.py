"""The input of a prediction, whatever the model calls its fields; its images are fetched from loopback only."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import httpx

from standins.loopback import is_loopback
from standins.replicate.drawing.order import PIXELS, Order
from standins.replicate.models import Model

MAX_BYTES = 100 * 1024 * 1024


class InputError(Exception):
    """Its text becomes the `error` of the failed prediction."""


async def fetch(uri: str, http: httpx.AsyncClient) -> bytes:
    if uri.startswith("data:"):
        return from_data(uri)
    if not is_loopback(uri):
        raise InputError(f"This stand-in fetches from loopback only, not from {urlsplit(uri).hostname}")
    try:
        response = await http.get(uri)
    except httpx.TransportError as error:
        raise InputError(f"HTTPConnectionPool: Max retries exceeded with url: {uri} ({error})") from error
    if response.status_code >= 400:
        # Replicate shows the whole signed URL as well: passing this text on leaks it.
        side = "Client" if response.status_code < 500 else "Server"
        raise InputError(f"{response.status_code} {side} Error: {response.reason_phrase} for url: {uri}")
    if len(response.content) > MAX_BYTES:
        raise InputError("Input file is too large")
    return response.content


def from_data(uri: str) -> bytes:
    kind, _, payload = uri.partition(",")
    if not kind.endswith(";base64"):
        return unquote_to_bytes(payload)
    try:
        return base64.b64decode(payload, validate=True)
    except binascii.Error as error:
        raise InputError("Invalid base64 in data URI") from error


IMAGE_FIELDS = ("image", "input_image", "image_input", "input_images")


def image_uris(given: dict[str, Any]) -> list[str]:
    """The images to draw into: some models take one, others a list."""
    found: Any = next((given[name] for name in IMAGE_FIELDS if given.get(name)), [])
    return [found] if isinstance(found, str) else [str(each) for each in found]


def drawing_order(model: Model, given: dict[str, Any], seed: int) -> Order:
    """What to draw, and its size and format. Models without a choice of format return JPEG."""
    shape = given.get("aspect_ratio", "match_input_image")
    chosen = (sizes.get(str(given.get(name))) for name, sizes in model.pixels.items())
    pixels = next(filter(None, chosen), PIXELS)
    if shape == "custom":
        shape, pixels = f"{given['width']}:{given['height']}", given["width"] * given["height"]
    return Order(
        given["prompt"],
        seed,
        shape,
        given.get("output_format", "jpg").replace("jpeg", "jpg"),
        given.get("output_quality", given.get("output_compression", 90)),
        pixels,
    )
