"""Models are found by lying in their folder, and each says truthfully what it takes and gives."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from realstaging import config
from realstaging.errors import OutputUnusableError
from realstaging.staging import registry
from realstaging.staging.registry import Order, Price, ProviderInput, StagingModel

QWEN = "qwen/qwen-image-edit-2511"
ORDER = Order(
    image="https://photos.example/master.jpg",
    prompt="Furnish it.",
    seed=4_294_967_295,
    width=1536,
    height=1024,
    secrets={"openai_api_key": "sk-test"},
)

EVERY = pytest.mark.parametrize("model", registry.all(), ids=lambda model: model.id)
OFFERED = pytest.mark.parametrize(
    "model", [model for model in registry.all() if model.offered], ids=lambda model: model.id
)


@pytest.mark.parametrize("stage", config.STAGES)
def test_every_model_the_settings_name_can_be_enabled(stage: str) -> None:
    chosen = config.load(stage).models

    assert chosen.default in chosen.enabled
    assert [registry.objection(model_id) for model_id in chosen.enabled] == [None] * len(chosen.enabled)


@pytest.mark.parametrize("stage", config.STAGES)
def test_a_shape_that_passes_before_a_run_passes_after_it(stage: str) -> None:
    assert config.load(stage).images.aspect_tolerance > registry.SHAPE_TOLERANCE


def test_an_unknown_model_is_a_key_error_and_cannot_be_enabled() -> None:
    with pytest.raises(KeyError):
        registry.get("nobody/nothing")
    assert registry.objection("nobody/nothing") == "nobody/nothing is not registered."


def test_a_model_cannot_be_registered_twice() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        registry.register(registry.get(QWEN))


@OFFERED
def test_a_model_sends_the_photo_the_prompt_and_the_seed_it_takes(model: StagingModel) -> None:
    sent = model.fill(ORDER)

    assert ORDER.prompt in sent.values()
    assert sent[model.image_field] in (ORDER.image, [ORDER.image])
    assert (ORDER.seed in sent.values()) == model.accepts_seed
    assert None not in sent.values()


@EVERY
def test_a_model_fills_its_input_as_its_own_schema_accepts_it(model: StagingModel) -> None:
    assert model.input.model_validate(model.fill(ORDER)) == model.build(ORDER)


@EVERY
def test_a_field_the_provider_does_not_know_is_refused(model: StagingModel) -> None:
    with pytest.raises(ValidationError):
        model.input.model_validate(model.fill(ORDER) | {"surprise": 1})


@EVERY
def test_neither_photo_nor_prompt_nor_secrets_are_remembered(model: StagingModel) -> None:
    shown = {name: value for name, value in model.fill(ORDER).items() if name not in model.private}

    assert all(text not in str(shown) for text in (ORDER.image, ORDER.prompt, "sk-test"))


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
    assert model.offered == (model.max_inputs > 0)
    assert model.keeps_aspect == (model.offered and not model.aspect_ratios)


@EVERY
def test_a_models_input_can_be_shown_as_a_form_and_costs_nothing_until_then(model: StagingModel) -> None:
    schema = model.input.model_json_schema()

    assert schema["properties"]["prompt"]["type"] == "string"
    assert schema["additionalProperties"] is False
    assert issubclass(model.input, ProviderInput)
    assert model.input.model_config["defer_build"]


def test_prices_are_by_the_run_and_by_the_megapixel_begun_in_and_out() -> None:
    each = Decimal("0.015")

    assert Price(Decimal("0.03")).cost(4000, 3000) == Decimal("0.03")
    assert Price(Decimal(0), megapixel_out=each).cost(1500, 1500) == 3 * each
    assert Price(Decimal(0), megapixel_out=each).cost(1000, 1000) == each
    assert Price(each, each, each).cost(1500, 1000, (2048, 1536)) == (1 + 2 + 4) * each
    assert Price(each, each, each).cost(1500, 1000) == (1 + 2 + 2) * each


def test_a_parameter_can_change_the_price() -> None:
    price = Price(Decimal("0.15"), unless=(("resolution", "4K", Decimal("0.30")),))

    assert price.cost(100, 100, sent={"resolution": "2K"}) == Decimal("0.15")
    assert price.cost(100, 100, sent={"resolution": "4K"}) == Decimal("0.30")


def test_one_address_or_a_list_of_them_is_an_output() -> None:
    assert registry.output_urls("https://a.example/1.png") == ["https://a.example/1.png"]
    assert registry.output_urls(["https://a.example/1.png", "b"]) == ["https://a.example/1.png", "b"]


@pytest.mark.parametrize("output", [None, "", [], [None], ["a", 1], {"url": "a"}, 7, [["a"]]])
def test_anything_else_is_unusable(output: object) -> None:
    with pytest.raises(OutputUnusableError):
        registry.output_urls(output)
