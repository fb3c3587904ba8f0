"""Models are found by lying in their folder, and each says truthfully what it takes and gives."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Self

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError, model_validator

from realstaging import config
from realstaging.errors import OutputUnusableError
from realstaging.image_models import registry
from realstaging.image_models.registry import Order, Price, ProviderInput, StagingModel

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


@EVERY
def test_what_may_be_set_is_all_but_what_an_order_brings_along(model: StagingModel) -> None:
    schema = model.adjustable()

    kept = model.private | registry.SHAPE | set(model.fixed)
    assert schema["properties"].keys() == model.input.model_fields.keys() - kept
    assert schema["additionalProperties"] is False
    assert "required" not in schema
    sent = model.fill(ORDER)
    shown = {name: field["default"] for name, field in schema["properties"].items() if field["default"] is not None}
    assert {name: sent[name] for name in shown} == shown


@EVERY
def test_what_is_sent_by_itself_may_be_set_and_changes_nothing(model: StagingModel) -> None:
    kept = registry.SHAPE | set(model.fixed)
    values = {name: value for name, value in model.defaults().items() if name not in kept}

    assert model.check_parameters(values) == values
    assert model.fill(ORDER, values) == model.fill(ORDER)


@EVERY
@pytest.mark.parametrize("name", ["prompt", "image", "openai_api_key", "surprise", "number_of_images", "max_images"])
def test_what_must_not_be_set_is_refused_by_its_name(model: StagingModel, name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.check_parameters({name: "x"})

    assert [error["loc"] for error in refused.value.errors()] == [(name,)]


def test_values_are_checked_field_by_field() -> None:
    with pytest.raises(ValidationError) as refused:
        registry.get(QWEN).check_parameters({"output_quality": 101, "output_format": "gif", "seed": 7})

    assert {error["loc"] for error in refused.value.errors()} == {("output_quality",), ("output_format",)}


def test_what_is_set_wins_over_the_builder_and_an_orders_seed_over_both() -> None:
    model = registry.get(QWEN)
    set_now = {"output_quality": 80, "seed": 5}

    assert model.fill(ORDER, set_now) == model.fill(ORDER) | {"output_quality": 80}
    assert model.fill(replace(ORDER, seed=None), set_now)["seed"] == 5


def test_fields_that_depend_on_each_other_are_checked_together() -> None:
    class Input(ProviderInput):
        image: str
        prompt: str
        steps: int
        warm_up: int = 1

        @model_validator(mode="after")
        def _shorter(self) -> Self:
            if self.warm_up > self.steps:
                raise ValueError("warm_up must not be longer than steps")
            return self

    def build(order: Order) -> Input:
        return Input(image=order.image, prompt=order.prompt, steps=4)

    model = replace(registry.get(QWEN), input=Input, build=build)

    assert model.check_parameters({"warm_up": 8, "steps": 8}) == {"warm_up": 8, "steps": 8}
    assert model.defaults() == {"steps": 4, "warm_up": 1}
    with pytest.raises(ValidationError, match="longer than steps"):
        model.check_parameters({"warm_up": 8})


def test_the_secret_a_model_needs_has_a_place_of_its_own() -> None:
    assert (
        registry.get("openai/gpt-image-1").needed_secret
        == "ssm:/realstaging/{stage}/models/openai/gpt-image-1/openai_api_key"
    )
    assert registry.get(QWEN).needed_secret is None


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
def test_an_output_without_urls_is_unusable(output: object) -> None:
    with pytest.raises(OutputUnusableError):
        registry.output_urls(output)


@pytest.mark.parametrize(
    "values",
    [{"output_quality": "80"}, {"output_quality": 80.5}, {"output_quality": True}, {"go_fast": "true"}, {"go_fast": 1}],
)
def test_a_value_of_another_type_is_refused_as_the_schema_says(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        registry.get(QWEN).check_parameters(values)

    assert [error["loc"] for error in refused.value.errors()] == [tuple(values)]
    assert not Draft202012Validator(registry.get(QWEN).adjustable()).is_valid(values)


@pytest.mark.parametrize("model", [model for model in registry.all() if model.offered], ids=lambda model: model.id)
def test_nobody_sets_a_shape_other_than_the_photos(model: StagingModel) -> None:
    shown = model.adjustable()["properties"]

    assert not shown.keys() & {"aspect_ratio", "width", "height"}
    assert "custom" not in str(shown)
    for name, value in {"aspect_ratio": "1:1", "width": 1024, "height": 1024, "size": "custom"}.items():
        with pytest.raises(ValueError, match=name):
            model.check_parameters({name: value})
    # As they may have been set before.
    assert model.fill(
        ORDER, {"aspect_ratio": "1:1"} if "aspect_ratio" in model.input.model_fields else {}
    ) == model.fill(ORDER)


@pytest.mark.parametrize("model", [model for model in registry.all() if model.accepts_seed], ids=lambda model: model.id)
def test_a_seed_that_is_set_is_one_that_users_might_give(model: StagingModel) -> None:
    assert model.check_parameters({"seed": 4_294_967_295})
    for seed in (-1, 4_294_967_296, 10**40):
        with pytest.raises(ValueError, match="seed"):
            model.check_parameters({"seed": seed})
