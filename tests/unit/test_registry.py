"""Models are found by lying in their folder, and each says truthfully what it takes and gives."""

import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import ValidationError

from realstaging import config
from realstaging.errors import OutputUnusableError
from realstaging.staging import models, registry
from realstaging.staging.registry import Order, Price, StagingModel

QWEN = "qwen/qwen-image-edit-2511"
ORDER = Order(image="https://photos.example/master.jpg", prompt="Furnish it.", seed=4_294_967_295)

EVERY = pytest.mark.parametrize("model", registry.all(), ids=lambda model: model.id)


@pytest.mark.parametrize("stage", config.STAGES)
def test_every_model_the_settings_name_is_registered(stage: str) -> None:
    chosen = config.load(stage).models

    assert chosen.default in chosen.enabled
    assert {registry.get(model_id).id for model_id in chosen.enabled} == set(chosen.enabled)


def test_an_unknown_model_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        registry.get("nobody/nothing")


def test_a_new_file_is_a_new_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(sys.modules[registry.get(QWEN).input.__module__].__file__ or "").read_text()
    (tmp_path / "another.py").write_text(source.replace(QWEN, "another/model"))
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    monkeypatch.setitem(sys.modules, f"{models.__name__}.another", ModuleType("forgotten afterwards"))
    del sys.modules[f"{models.__name__}.another"]
    registry._loaded.cache_clear()
    try:
        assert [model.id for model in registry.all()] == ["another/model", QWEN]
        assert registry.get("another/model").build(ORDER).model_dump()["prompt"] == ORDER.prompt
    finally:
        registry._loaded.cache_clear()


def test_a_model_cannot_be_registered_twice() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        registry.register(registry.get(QWEN))


@EVERY
def test_a_model_builds_an_input_its_own_schema_accepts(model: StagingModel) -> None:
    sent = model.build(ORDER).model_dump(mode="json", exclude_none=True)

    assert model.input.model_validate(sent) == model.build(ORDER)
    assert ORDER.prompt in sent.values()
    assert ORDER.image in str(sent)
    assert (ORDER.seed in sent.values()) == model.accepts_seed
    assert None not in model.build(Order("data:image/jpeg;base64,", "x" * 4_000)).model_dump(exclude_none=True).values()


@EVERY
def test_a_field_the_provider_does_not_know_is_refused(model: StagingModel) -> None:
    with pytest.raises(ValidationError):
        model.input.model_validate(model.build(ORDER).model_dump() | {"surprise": 1})


@EVERY
def test_a_models_description_is_complete(model: StagingModel) -> None:
    owner, _, name = model.id.partition("/")

    assert owner
    assert name
    assert model.version is None or (len(model.version) == 64 and int(model.version, 16))
    assert model.description.endswith(".")
    assert model.price.cost(2048, 1536) > 0
    assert model.typical_seconds > 0
    assert model.output_formats


def test_qwen_is_asked_for_the_photos_shape_and_a_lossless_answer() -> None:
    assert registry.get(QWEN).build(ORDER).model_dump(exclude_none=True) == {
        "image": ["https://photos.example/master.jpg"],
        "prompt": "Furnish it.",
        "aspect_ratio": "match_input_image",
        "go_fast": True,
        "seed": 4_294_967_295,
        "output_format": "png",
        "output_quality": 95,
        "disable_safety_checker": False,
    }


def test_prices_are_per_image_or_per_megapixel_begun() -> None:
    assert Price(Decimal("0.03")).cost(4000, 3000) == Decimal("0.03")
    assert Price(Decimal("0.015"), "megapixel").cost(1500, 1500) == Decimal("0.045")
    assert Price(Decimal("0.015"), "megapixel").cost(1000, 1000) == Decimal("0.015")


def test_one_address_or_a_list_of_them_is_an_output() -> None:
    assert registry.output_urls("https://a.example/1.png") == ["https://a.example/1.png"]
    assert registry.output_urls(["https://a.example/1.png", "b"]) == ["https://a.example/1.png", "b"]


@pytest.mark.parametrize("output", [None, "", [], [None], ["a", 1], {"url": "a"}, 7, [["a"]]])
def test_anything_else_is_unusable(output: object) -> None:
    with pytest.raises(OutputUnusableError):
        registry.output_urls(output)
