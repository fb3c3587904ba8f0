"""The models we can stage with: what each takes, costs and gives back.

A model is one module in `image_models/families/` that calls `register`; adding the file is all there is to do.
Modules whose name begins with `_` hold what a family shares and register nothing.
"""

import functools
import importlib
import json
import math
import pkgutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, create_model

from realstaging.errors import InputRefusedError, OutputUnusableError
from realstaging.image_models import families

OutputFormat = Literal["jpg", "png", "webp"]

# The photo's own, or the nearest that the model makes: nobody else chooses, as any other result would be refused.
SHAPE = frozenset(("aspect_ratio", "width", "height"))
OWN_SHAPE = "custom"

# What every model takes, whatever its provider allows: the table and the answers hold no more.
Seed = Annotated[int, Field(ge=0, le=4_294_967_295)]

# How far a photo's shape may be from one a model offers. Tighter than the `aspect_tolerance` of results:
# what passes here must not fail there, after it was paid for.
SHAPE_TOLERANCE = 0.02


class ProviderInput(BaseModel):
    """A model's input under the provider's own names, defaults and bounds.

    Narrower than theirs only where staging is: a photo is always given. Validators are built at the first
    use: a process imports every model and stages with one or two.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


@dataclass(frozen=True, slots=True)
class Order:
    """What one staging is made of. `image` is the master, as an https: or data: URL, `width` and `height` its size.

    `secrets` are our own keys at other vendors, by the name of the field that takes them.
    """

    image: str
    prompt: str
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Price:
    """What the provider asks, in USD: for the run, and for each megapixel it gives and is given.

    A megapixel begun counts whole, as providers bill it. `unless` names parameters that change the price of
    the run: (field, value, USD).
    """

    run: Decimal
    megapixel_out: Decimal = Decimal(0)
    megapixel_in: Decimal = Decimal(0)
    unless: tuple[tuple[str, str, Decimal], ...] = ()

    def cost(
        self, width: int, height: int, given: tuple[int, int] | None = None, sent: Mapping[str, object] | None = None
    ) -> Decimal:
        """The price of one result of this size, made from a photo of the size `given` (else: the same size)."""
        parameters = sent or {}
        run = next((usd for name, value, usd in self.unless if parameters.get(name) == value), self.run)
        photo = given or (width, height)
        return run + self.megapixel_out * _megapixels(width, height) + self.megapixel_in * _megapixels(*photo)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingModel:
    """One model as its provider describes it.

    `input` is the provider's schema; `build` fills it, and what it leaves None is not sent. `unverified`
    lists what no primary source confirmed.
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
    image_field: str = "image"
    max_prompt: int | None = None  # characters, our own text included
    aspect_ratios: tuple[str, ...] = ()  # the only shapes it makes; empty: any, the photo's own
    fixed: tuple[str, ...] = ()  # never set from outside: more pictures would be billed than the one that is used
    needs_secret: str | None = None  # the field that takes a key of ours; without one it cannot be enabled
    offered: bool = True  # False: known and priced, but of no use for staging
    unverified: tuple[str, ...] = ()

    @property
    def needed_secret(self) -> str | None:
        """Where the key that it needs is kept; `{stage}` is filled in."""
        return self.needs_secret and f"ssm:/realstaging/{{stage}}/models/{self.id}/{self.needs_secret}"

    @property
    def private(self) -> frozenset[str]:
        """The fields that are never remembered or shown: the photo's address, the prompt, and every secret."""
        secrets = (name for name, each in self.input.model_fields.items() if _is_secret(each.annotation))
        return frozenset(("prompt", self.image_field, *secrets))

    def suits(self, width: int, height: int) -> bool:
        """Whether a result can have this photo's shape: the nearest offered one is close enough to crop."""
        if not self.aspect_ratios:
            return True
        return _distance(nearest_ratio(self.aspect_ratios, width, height), width, height) <= SHAPE_TOLERANCE

    def fill(self, order: Order, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The input as it is sent: what was set for this model wins over the builder's choice, an order's seed over
        both. Raises InputRefusedError for what this model cannot do as asked."""
        if why := self.refusal(order):
            raise InputRefusedError(why)
        filled = self._with(order, parameters or {})
        sent: dict[str, Any] = filled.model_dump(mode="json", exclude_none=True)
        revealed = {name: value.get_secret_value() for name, value in filled if isinstance(value, SecretStr)}
        return sent | revealed

    def refusal(self, order: Order) -> str | None:
        """Why this model cannot do as asked; None if it can."""
        if self.max_prompt is not None and len(order.prompt) > self.max_prompt:
            return (
                f"{self.name} reads {self.max_prompt} characters; with the parts that protect the room the prompt has "
                f"{len(order.prompt)} characters. Shorten yours, or choose another model."
            )
        if self.aspect_ratios and not (order.width and order.height and self.suits(order.width, order.height)):
            size = f"{order.width} x {order.height}" if order.width else "of unknown size"
            return (
                f"{self.name} makes pictures of {', '.join(self.aspect_ratios)} only, and this photo is {size}. "
                "Choose another model."
            )
        return None

    def adjustable(self) -> dict[str, Any]:
        """The JSON Schema of what may be set for all runs of this model; a default is what we send."""
        schema = self._parameters.model_json_schema()
        sent = self.defaults()
        for name, described in schema["properties"].items():
            described["default"] = sent.get(name)
        return schema

    def check_parameters(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as they are kept. Raises pydantic's ValidationError, which names the fields."""
        # As the schema says: `"80"` is no number, and `1` no truth.
        text = json.dumps(dict(values), default=str)
        kept = self._parameters.model_validate_json(text, strict=True).model_dump(mode="json", exclude_unset=True)
        self._with(self._sample, kept)  # what fields say of each other
        return kept

    def defaults(self) -> dict[str, Any]:
        """What is sent when nothing is set; what depends on the photo as for one of the first shape it makes."""
        built = self.build(self._sample).model_dump(mode="json", exclude_none=True)
        return {name: value for name, value in built.items() if name not in self.private}

    def typical_usd(self, parameters: Mapping[str, Any] | None = None) -> Decimal:
        """What a result of two megapixels costs, made from a photo of the largest size that models are given."""
        return self.price.cost(1728, 1152, (2048, 1365), self.defaults() | dict(parameters or {}))

    def _with(self, order: Order, parameters: Mapping[str, Any]) -> BaseModel:
        built = self.build(order)
        if not parameters:
            return built
        wins = SHAPE | {"seed"} if order.seed is not None else SHAPE
        chosen = {name: value for name, value in parameters.items() if name not in wins}
        return self.input.model_validate(dict(built) | chosen)

    @property
    def _parameters(self) -> type[BaseModel]:
        return _adjustable(self.input, self.private.union(self.fixed, SHAPE))

    @property
    def _sample(self) -> Order:
        across, down = map(int, self.aspect_ratios[0].split(":")) if self.aspect_ratios else (1, 1)
        secrets = {self.needs_secret: "set"} if self.needs_secret else {}
        return Order("https://photos.example/1.jpg", "A room.", None, across * 1000, down * 1000, secrets)


# Filled by `register`; read through `load_all`.
models: dict[str, StagingModel] = {}


def register(model: StagingModel) -> None:
    if model.id in models:
        raise ValueError(f"{model.id} is registered twice")
    models[model.id] = model


@functools.cache
def load_all() -> dict[str, StagingModel]:
    for module in pkgutil.iter_modules(families.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{families.__name__}.{module.name}")
    return models


def get(model_id: str) -> StagingModel:
    """The model with this id; KeyError if there is none."""
    return load_all()[model_id]


def all() -> tuple[StagingModel, ...]:
    """Every model, by id."""
    return tuple(model for _, model in sorted(load_all().items()))


def known(model_id: str) -> bool:
    return model_id in load_all()


def objection(model_id: str, secrets: Collection[str] = ()) -> str | None:
    """Why this model cannot be enabled with the secrets we have; None if it can."""
    model = load_all().get(model_id)
    if model is None:
        return f"{model_id} is not registered."
    if not model.offered:
        return f"{model_id} cannot stage a photo."
    if model.needs_secret and model.needs_secret not in secrets:
        return f"{model_id} needs a secret that is not set: {model.needs_secret}."
    return None


def nearest_ratio(ratios: tuple[str, ...], width: int | None, height: int | None) -> str:
    """Which of these shapes, such as `3:2`, is nearest to this size."""
    if not width or not height:
        raise ValueError("the photo's size is needed to choose a shape")
    return min(ratios, key=lambda ratio: _distance(ratio, width, height))


def output_urls(output: object) -> list[str]:
    """Where the pictures of a finished prediction are: models answer with one address or a list of them."""
    urls = output if isinstance(output, list) else [output]
    found = [url for url in urls if isinstance(url, str) and url]
    if not found or len(found) < len(urls):
        raise OutputUnusableError("The model finished without delivering a picture.")
    return found


def _distance(ratio: str, width: int, height: int) -> float:
    """How much of the longer side two shapes differ by, whichever of them is the wider one."""
    across, down = map(int, ratio.split(":"))
    return math.expm1(abs(math.log((across * height) / (down * width))))


def _megapixels(width: int, height: int) -> int:
    return math.ceil(width * height / 1_000_000)


@functools.cache
def _adjustable(whole: type[BaseModel], without: frozenset[str]) -> type[BaseModel]:
    """The input without what each order brings along; nothing of it is required, as the builder gives it a value."""
    fields: dict[str, Any] = {
        name: (_photos_own(field.annotation), field) if not field.is_required() else (field.annotation | None, None)  # type: ignore[operator]
        for name, field in whole.model_fields.items()
        if name not in without
    }
    return create_model("Parameters", __base__=ProviderInput, **fields)


def _photos_own(annotation: Any) -> Any:
    """A choice without the one that stands for a shape of its own."""
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    return Literal[tuple(each for each in choices if each != OWN_SHAPE)] if OWN_SHAPE in choices else annotation


def _is_secret(annotation: object) -> bool:
    return SecretStr in (annotation, *get_args(annotation))
