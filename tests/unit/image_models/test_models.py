"""Each model against its provider's published schema, and a new one from a single file to a finished picture."""

import base64
import json
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from realstaging import config
from realstaging.api.capabilities import capabilities
from realstaging.errors import InputRefusedError
from realstaging.gateways.replicate.client import Replicate
from realstaging.image_models import families, registry
from realstaging.image_models.registry import Order, StagingModel
from realstaging.imaging.output import open_result
from realstaging.models.runs import Prediction
from realstaging.runs import model_selection
from standins.replicate import models as published
from standins.replicate.account import Settings as StandInSettings
from standins.replicate.server import server
from tests.support.servers import free_port, running

ROOM = Path(__file__).parents[3] / "samples" / "living-room.jpg"
ORDER = Order("https://photos.example/a.jpg", "Furnish it.", 7, 1536, 1024, {"openai_api_key": "sk-test"})
EVERY = pytest.mark.parametrize("model", registry.all(), ids=lambda model: model.id)
GPT = pytest.mark.parametrize("model_id", ["openai/gpt-image-1", "openai/gpt-image-1.5"])

# What would put other words in the place of ours or another model in the place of the one asked for, or bill more.
NEVER = {"enhance_prompt": True, "prompt_upsampling": True, "allow_fallback_model": True, "max_images": 2,
         "number_of_images": 2, "sequential_image_generation": "auto", "disable_safety_checker": True}  # fmt: skip


def theirs(model: StagingModel) -> published.Model:
    return published.all_models()[model.id]


def ours(model: StagingModel) -> dict[str, Any]:
    """Our fields as JSON Schema, optional ones without their null."""
    fields: dict[str, Any] = model.input.model_json_schema()["properties"]
    return {name: field | next(iter(field.get("anyOf", [])), {}) for name, field in fields.items()}


@EVERY
def test_what_is_sent_is_what_the_published_schema_takes(model: StagingModel) -> None:
    assert published.invalid_fields(theirs(model), model.fill(ORDER)) == []


@EVERY
def test_names_choices_and_defaults_are_the_published_ones(model: StagingModel) -> None:
    fields = theirs(model).input_schema["properties"]
    mine = ours(model)

    assert mine.keys() == fields.keys()
    for name, field in fields.items():
        required = name in model.input.model_json_schema()["required"]
        assert set(mine[name].get("enum", [])) == set(field.get("enum", [])), name
        assert required or mine[name].get("default") == field.get("default"), name


@EVERY
def test_our_bounds_are_never_wider_than_the_published_ones(model: StagingModel) -> None:
    mine = ours(model)

    for name, field in theirs(model).input_schema["properties"].items():
        for least in ("minimum", "minItems"):
            assert mine[name].get(least, float("-inf")) >= field.get(least, float("-inf")), (name, least)
        for most in ("maximum", "maxItems", "maxLength"):
            assert mine[name].get(most, float("inf")) <= field.get(most, float("inf")), (name, most)
    assert mine["prompt"].get("maxLength") == model.max_prompt


@EVERY
@pytest.mark.parametrize("wrong", [{"surprise": 1}, {"prompt": 7}, {"aspect_ratio": "7:5"}, {"seed": "soon"}])
def test_what_the_provider_would_refuse_is_refused_by_its_stand_in(model: StagingModel, wrong: dict[str, Any]) -> None:
    assert published.invalid_fields(theirs(model), model.fill(ORDER) | wrong) != []


@EVERY
def test_our_prompt_is_not_rewritten_and_one_picture_is_paid_for(model: StagingModel) -> None:
    sent = theirs(model).defaults | model.fill(ORDER)

    assert not sent.items() & NEVER.items()


@EVERY
def test_the_photos_shape_is_asked_for_wherever_that_is_possible(model: StagingModel) -> None:
    choices = ours(model).get("aspect_ratio", {}).get("enum", [])

    assert ("match_input_image" in choices) == (model.fill(ORDER).get("aspect_ratio") == "match_input_image")
    assert bool(choices and "match_input_image" not in choices and model.offered) == bool(model.aspect_ratios)


def test_qwen_is_asked_for_the_photos_shape_and_a_lossless_answer() -> None:
    assert registry.get("qwen/qwen-image-edit-2511").fill(ORDER) == {
        "image": ["https://photos.example/a.jpg"],
        "prompt": "Furnish it.",
        "aspect_ratio": "match_input_image",
        "go_fast": True,
        "seed": 7,
        "output_format": "png",
        "output_quality": 95,
        "disable_safety_checker": False,
    }


@pytest.mark.parametrize("name", ["flux-kontext-pro", "flux-kontext-max"])
def test_kontext_takes_no_more_tolerance_than_it_grants_with_a_photo(name: str) -> None:
    model = registry.get(f"black-forest-labs/{name}")

    assert model.fill(ORDER)["safety_tolerance"] == 2
    assert published.invalid_fields(theirs(model), model.fill(ORDER) | {"safety_tolerance": 4}) != []
    assert published.invalid_fields(theirs(model), {"prompt": "A room.", "safety_tolerance": 4}) == []


def test_seedream_45_refuses_a_prompt_it_would_not_read_to_the_end() -> None:
    model = registry.get("bytedance/seedream-4.5")

    assert model.fill(Order("https://a.example/1.jpg", "x" * 4000))
    with pytest.raises(InputRefusedError, match="4001 characters"):
        model.fill(Order("https://a.example/1.jpg", "x" * 4001))


@GPT
@pytest.mark.parametrize(
    ("size", "shape"), [((6000, 4000), "3:2"), ((1363, 2048), "2:3"), ((1000, 1010), "1:1"), ((2048, 1371), "3:2")]
)
def test_gpt_is_asked_for_the_shape_nearest_to_the_photos(model_id: str, size: tuple[int, int], shape: str) -> None:
    order = Order(ORDER.image, ORDER.prompt, None, *size, ORDER.secrets)

    assert registry.get(model_id).fill(order)["aspect_ratio"] == shape


@GPT
@pytest.mark.parametrize("size", [(2048, 1536), (1536, 2048), (1920, 1080), (1100, 1000)])
def test_a_photo_gpt_would_have_to_cut_is_refused_before_it_is_paid_for(model_id: str, size: tuple[int, int]) -> None:
    order = Order(ORDER.image, ORDER.prompt, None, *size, ORDER.secrets)

    with pytest.raises(InputRefusedError, match="makes pictures of 1:1, 3:2, 2:3 only"):
        registry.get(model_id).fill(order)


@GPT
def test_without_the_photos_size_no_shape_is_guessed(model_id: str) -> None:
    with pytest.raises(InputRefusedError, match="of unknown size"):
        registry.get(model_id).fill(Order(ORDER.image, ORDER.prompt, secrets=ORDER.secrets))


@pytest.mark.parametrize("size", [(2048, 1365), (1200, 2048), (3000, 1000)])
def test_the_other_models_suit_every_photo(size: tuple[int, int]) -> None:
    assert all(model.suits(*size) for model in registry.all() if not model.aspect_ratios)


def test_gpt_image_1_needs_a_secret_which_is_sent_and_never_shown() -> None:
    model = registry.get("openai/gpt-image-1")

    assert registry.objection(model.id) == "openai/gpt-image-1 needs a secret that is not set: openai_api_key."
    assert registry.objection(model.id, {"openai_api_key"}) is None
    assert model.fill(ORDER)["openai_api_key"] == "sk-test"
    assert "sk-test" not in f"{ORDER!r} {model.build(ORDER)!r} {model.build(ORDER).model_dump_json()}"
    assert ours(model)["openai_api_key"]["writeOnly"]


def test_seedream_3_takes_no_photo_and_cannot_be_enabled() -> None:
    assert registry.objection("bytedance/seedream-3") == "bytedance/seedream-3 cannot stage a photo."


@pytest.mark.parametrize(("name", "usd"), [("flux-2-pro", "0.09"), ("flux-2-max", "0.19")])
def test_flux_2_is_billed_by_the_run_and_by_the_megapixels_in_and_out(name: str, usd: str) -> None:
    assert registry.get(f"black-forest-labs/{name}").price.cost(1728, 1152, (2048, 1365)) == Decimal(usd)


# -- a new model -------------------------------------------------------------------------------------

NEW_MODEL = '''
"""A model nobody has heard of."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from realstaging.image_models.registry import Order, Price, ProviderInput, StagingModel, register


class Input(ProviderInput):
    image: list[str]
    prompt: str
    sofas: int = Field(default=1, ge=0, le=3)
    aspect_ratio: Literal["match_input_image", "1:1"] = "match_input_image"
    output_format: Literal["png"] = "png"
    output_quality: int = 90


register(
    StagingModel(
        id="nobody/sofa-1",
        version=None,
        name="Sofa 1",
        description="Sofas.",
        input=Input,
        build=lambda order: Input(image=[order.image], prompt=order.prompt, sofas=2),
        price=Price(Decimal("0.01"), megapixel_out=Decimal("0.02")),
        typical_seconds=1.0,
        accepts_seed=False,
        keeps_aspect=True,
        max_inputs=1,
        max_pixels=None,
        output_formats=("png",),
    )
)
'''

ITS_SCHEMA = {
    "description": "Sofas.",
    "input": {
        "type": "object",
        "required": ["prompt", "image"],
        "additionalProperties": False,
        "properties": {
            "prompt": {"type": "string"},
            "image": {"type": "array", "items": {"type": "string", "format": "uri"}},
            "sofas": {"type": "integer", "minimum": 0, "maximum": 3, "default": 1},
            "aspect_ratio": {"enum": ["match_input_image", "1:1"], "default": "match_input_image"},
            "output_format": {"enum": ["png"], "default": "png"},
            "output_quality": {"type": "integer", "default": 90},
        },
    },
    "output": {"type": "array", "items": {"type": "string", "format": "uri"}},
}


@pytest.fixture
def new_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Our side: one file in a folder of models."""
    (tmp_path / "sofa_1.py").write_text(NEW_MODEL)
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    monkeypatch.setattr(registry, "models", dict(registry.models))
    registry.load_all.cache_clear()
    yield "nobody/sofa-1"
    registry.load_all.cache_clear()
    sys.modules.pop(f"{families.__name__}.sofa_1", None)


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replicate]:
    """Their side: the stand-in, which knows the new model by its published schema."""
    (tmp_path / "nobody").mkdir()
    (tmp_path / "nobody" / "sofa-1.json").write_text(json.dumps(ITS_SCHEMA))
    monkeypatch.setattr(published, "FOLDER", tmp_path)
    published.all_models.cache_clear()
    port = free_port()
    with running(server(StandInSettings(port, "whsec_c2VjcmV0", latency=0))):
        made = Replicate(lambda: "r8_local", f"http://127.0.0.1:{port}", timeout_seconds=60, max_retry_after=1)
        yield made
        made.close()
    published.all_models.cache_clear()


def ended(provider: Replicate, run: Prediction) -> Prediction:
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        found = provider.find(run.id)
        if found and found.finished:
            return found
        time.sleep(0.02)
    raise AssertionError("the run did not end")


def test_a_new_model_is_one_new_file(new_model: str, provider: Replicate) -> None:
    base = config.load("local")
    wanted = {"enabled": (base.models.default, new_model), "fallbacks": (), "parameters": {new_model: {"sofas": 3}}}
    settings = base.model_copy(update={"models": base.models.model_copy(update=wanted)})
    photo = "data:image/jpeg;base64," + base64.b64encode(ROOM.read_bytes()).decode()
    model = registry.get(new_model)

    # listed
    assert registry.objection(new_model) is None
    [offered] = [each for each in capabilities(settings).models if not each.default]
    assert (offered.id, offered.name, offered.price_usd) == (new_model, "Sofa 1", Decimal("0.05"))
    # configurable
    assert model_selection.objections(settings) == []
    assert model.adjustable()["properties"]["sofas"] | {"title": ""} == {
        "default": 2, "maximum": 3, "minimum": 0, "title": "", "type": "integer",
    }  # fmt: skip
    assert not model.adjustable()["properties"].keys() & {"image", "prompt"}
    with pytest.raises(ValidationError, match="less than or equal to 3"):
        model.check_parameters({"sofas": 4})
    # staged
    order = Order(photo, "a modern living room", None, 1600, 1067)
    sent = model.fill(order, settings.models.parameters[new_model])
    assert (sent["sofas"], model.fill(order)["sofas"]) == (3, 2)
    run = ended(provider, provider.create(model=model.id, version=None, input=sent, webhook=None, cancel_after=60))
    assert run.status == "succeeded", run.error
    [url] = registry.output_urls(run.output)
    result, _ = open_result(
        httpx.get(url, trust_env=False).content, master_width=1600, master_height=1067, limits=settings.images
    )
    assert result.width / result.height == pytest.approx(1600 / 1067, rel=0.01)
    # priced
    assert model.price.cost(result.width, result.height) == Decimal("0.03") + Decimal("0.02")
