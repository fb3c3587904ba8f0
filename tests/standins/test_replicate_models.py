"""Every model of the stand-in answers as its provider does: one address or a list, in sizes that it makes."""

import io
from typing import Any, NamedTuple

import httpx
import pytest
from PIL import Image

from standins.replicate.models import all_models
from tests.support.replicate_customer import Customer

MEGAPIXEL = (1024, 1024)
WIDE = (1248, 832)


class Case(NamedTuple):
    slug: str
    field: str
    more: dict[str, Any]
    listed: bool
    size: tuple[int, int]


CASES = [
    Case("qwen/qwen-image-edit", "image", {}, True, WIDE),
    Case("qwen/qwen-image-edit-plus", "image", {}, True, WIDE),
    Case("black-forest-labs/flux-kontext-pro", "input_image", {}, False, WIDE),
    Case("black-forest-labs/flux-kontext-max", "input_image", {"aspect_ratio": "1:1"}, False, MEGAPIXEL),
    Case("black-forest-labs/flux-2-pro", "input_images", {"resolution": "2 MP"}, False, (1408, 1408)),
    Case(
        "black-forest-labs/flux-2-max",
        "input_images",
        {"aspect_ratio": "custom", "width": 512, "height": 256},
        False,
        (512, 256),
    ),
    Case("bytedance/seedream-4", "image_input", {"aspect_ratio": "1:1"}, True, (2048, 2048)),
    Case("bytedance/seedream-4.5", "image_input", {"size": "4K", "aspect_ratio": "1:1"}, True, (4096, 4096)),
    Case("google/nano-banana", "image_input", {}, False, WIDE),
    Case("google/nano-banana-pro", "image_input", {"resolution": "1K", "aspect_ratio": "1:1"}, False, MEGAPIXEL),
    Case("openai/gpt-image-1", "input_images", {"openai_api_key": "sk", "aspect_ratio": "3:2"}, True, (1536, 1024)),
    Case("openai/gpt-image-1.5", "input_images", {"output_format": "jpeg"}, True, MEGAPIXEL),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_a_model_answers_in_its_own_way(customer: Customer, case: Case) -> None:
    one = "array" not in all_models()[case.slug].input_schema["properties"][case.field].get("type", "string")
    room = f"{customer.receiver.url}/room.jpg"
    made = customer.create({"prompt": "a bedroom", case.field: room if one else [room], **case.more}, version=case.slug)

    run = customer.over(made["id"])

    assert run["status"] == "succeeded", run["error"]
    assert isinstance(run["output"], list) == case.listed
    url = run["output"][0] if case.listed else run["output"]
    assert Image.open(io.BytesIO(httpx.get(url, trust_env=False).content)).size == case.size


def test_rules_find_the_photo_under_any_name(customer: Customer) -> None:
    customer.script({"match": {"image_contains": "room.jpg"}, "then": "sensitive"})
    photo = f"{customer.receiver.url}/room.jpg"
    made = customer.create({"prompt": "a bedroom", "input_image": photo}, version="black-forest-labs/flux-kontext-pro")

    assert customer.over(made["id"])["status"] == "failed"


def test_without_a_photo_there_is_nothing_to_draw_into(customer: Customer) -> None:
    made = customer.create({"prompt": "a bedroom"}, version="bytedance/seedream-3")

    assert customer.over(made["id"])["error"] == "At least one image is required"
