"""The image models: which are enabled, with which parameters, and which is the default."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from realstaging.admin import settings as setting_admin
from realstaging.admin.changes import Change, ChangeRequest, VersionedSettings
from realstaging.admin.secrets import key_of
from realstaging.config import Settings
from realstaging.errors import (
    MalformedRequestError,
    ModelDisabledError,
    ModelIsDefaultError,
    ModelNotEnableableError,
    NotFoundError,
    ValidationFailedError,
)
from realstaging.gateways.secrets import SecretWriter
from realstaging.image_models import registry
from realstaging.image_models.registry import Price, StagingModel
from realstaging.models.admin import (
    AdminModelInFull,
    ListedModel,
    ModelRevision,
    ModelRevisionPage,
    NewParameters,
    PriceException,
    PriceView,
    Rollback,
)
from realstaging.models.picture_checks import CheckFigures
from realstaging.models.runtime_settings import ModelSettings, Overrides, Revision
from realstaging.pagination import version_cursor
from realstaging.runtime_settings import DEFAULT
from realstaging.validation import explain

# Enough for a few fields: one row of 400 KB holds the parameters of all models.
MAX_PARAMETERS = 4096
NEVER = ModelSettings()
NO_CHECKS = CheckFigures()


class ModelAdmin:
    """Reads and changes the settings of models."""

    def __init__(self, versioned: VersionedSettings, writer: SecretWriter) -> None:
        self._versioned, self._writer = versioned, writer

    def list_all(self, figures: Mapping[str, CheckFigures]) -> list[ListedModel]:
        """`figures`: the picture checks of each model's results, by model."""
        live = self._versioned.live()
        now = self._versioned.over(live)
        return [
            ListedModel(**self._show(model, live, now), checks=figures.get(model.id, NO_CHECKS))
            for model in registry.all()
        ]

    def get(self, model_id: str) -> AdminModelInFull:
        """Raises NotFoundError."""
        return self._build_full_view(_get_model(model_id), self._versioned.live())

    def history(self, model_id: str, *, limit: int, before: int | None) -> ModelRevisionPage:
        """Raises NotFoundError."""
        found, more = self._versioned.revisions(_subject(_get_model(model_id)), limit=limit, before=before)
        said = {"version", "by", "at", "note"}
        items = [ModelRevision(**_show_content(each), **each.model_dump(include=said)) for each in found]
        return ModelRevisionPage(items=items, next_cursor=version_cursor(more))

    def set_parameters(self, model_id: str, order: NewParameters, act: ChangeRequest) -> AdminModelInFull:
        """Replace all parameters. Raises NotFoundError, ValidationFailedError, VersionConflictError."""
        model = _get_model(model_id)
        kept = _check_parameters(model, order.parameters, order.under)

        def wanted(live: Overrides) -> Change:
            was = _read_settings(model, live, act)
            return self._build_change(model, was.model_copy(update={"parameters": kept}), live, "model.parameters")

        return self._build_full_view(model, self._versioned.change(wanted, act))

    def switch(self, model_id: str, act: ChangeRequest, *, on: bool) -> AdminModelInFull:
        """Raises NotFoundError, ModelNotEnableableError, ModelIsDefaultError, VersionConflictError."""
        model = _get_model(model_id)

        def wanted(live: Overrides) -> Change | None:
            was = _read_settings(model, live, act)
            if on == (model.id in self._versioned.over(live).models.enabled) and was.enabled in (None, on):
                return None
            action = "model.enable" if on else "model.disable"
            return self._build_switch(model, was.model_copy(update={"enabled": on}), live, action)

        return self._build_full_view(model, self._versioned.change(wanted, act))

    def make_default(self, model_id: str, act: ChangeRequest) -> AdminModelInFull:
        """Change the setting `models.default`; the expected version is the setting's. Raises NotFoundError,
        ModelDisabledError, VersionConflictError."""
        model = _get_model(model_id)

        def wanted(live: Overrides) -> Change | None:
            act.meant_for(live.settings.get(DEFAULT, setting_admin.NEVER).version)
            models = self._versioned.over(live).models
            if model.id not in models.enabled:
                raise ModelDisabledError(f"{model.id} is not enabled. Enable it first.")
            if model.id == models.default:
                return None
            return setting_admin.build_change(
                DEFAULT,
                {"value": model.id},
                live,
                self._versioned,
                action="model.make_default",
                pointer="/model_id",
            )

        return self._build_full_view(model, self._versioned.change(wanted, act))

    def roll_back(self, model_id: str, order: Rollback, act: ChangeRequest) -> AdminModelInFull:
        """A new version with the content of an old one. Raises as `set_parameters` and `switch`."""
        model = _get_model(model_id)
        content = self._versioned.content(_subject(model), order.version)
        parameters = content.get("parameters")
        kept = None if parameters is None else _check_parameters(model, parameters, "/version")

        def wanted(live: Overrides) -> Change:
            was = _read_settings(model, live, act)
            then = was.model_copy(update={"enabled": content.get("enabled"), "parameters": kept})
            return self._build_switch(model, then, live, "model.rollback")

        return self._build_full_view(model, self._versioned.change(wanted, act))

    def _build_switch(self, model: StagingModel, shall: ModelSettings, live: Overrides, action: str) -> Change:
        """A change that may enable or disable a model. Raises ModelIsDefaultError, ModelNotEnableableError."""
        change = self._build_change(model, shall, live, action)
        now, then = self._versioned.over(live).models, self._versioned.over(change.live).models
        on = shall.enabled or (model.id in then.enabled and shall.enabled is None)
        if now.default == model.id and not on:
            raise ModelIsDefaultError(f"{model.id} is the default. Make another model the default first.")
        if on and model.id not in now.enabled and (why := self._find_objection(model)):
            raise ModelNotEnableableError(why)
        return change

    def _build_change(self, model: StagingModel, shall: ModelSettings, live: Overrides, action: str) -> Change:
        was = live.models.get(model.id, NEVER)
        shall = shall.model_copy(update={"version": was.version + 1})
        then = live.model_copy(update={"models": live.models | {model.id: shall}})
        return Change(
            live=then,
            subject=_subject(model),
            version=shall.version,
            content=_content(shall),
            action=action,
            before=_content(was),
            after=_content(shall),
        )

    def _find_objection(self, model: StagingModel) -> str | None:
        held = model.needed_secret is not None and self._writer.exists(model.needed_secret)
        return registry.objection(model.id, [str(model.needs_secret)] if held else [])

    def _build_full_view(self, model: StagingModel, live: Overrides) -> AdminModelInFull:
        schema = model.adjustable()
        # Only those that can be set.
        defaults = {name: value for name, value in model.defaults().items() if name in schema["properties"]}
        more: Any = {"parameters_schema": schema, "defaults": defaults}
        return AdminModelInFull(**self._show(model, live, self._versioned.over(live)), **more)

    def _show(self, model: StagingModel, live: Overrides, now: Settings) -> dict[str, Any]:
        models = now.models
        return {
            "id": model.id,
            "name": model.name,
            "description": model.description,
            "model_version": model.version,
            "enabled": model.id in models.enabled,
            "default": model.id == models.default,
            "offered": model.offered,
            "objection": self._find_objection(model),
            "secret": key_of(model),
            "price": _build_price_view(model.price),
            "typical_seconds": model.typical_seconds,
            "accepts_seed": model.accepts_seed,
            "keeps_aspect": model.keeps_aspect,
            "aspect_ratios": list(model.aspect_ratios),
            "max_inputs": model.max_inputs,
            "max_pixels": model.max_pixels,
            "max_prompt_length": model.max_prompt,
            "output_formats": list(model.output_formats),
            "parameters": models.parameters.get(model.id, {}),
            "version": live.models.get(model.id, NEVER).version,
        }


def _get_model(model_id: str) -> StagingModel:
    if not registry.known(model_id):
        raise NotFoundError("model", where="")
    return registry.get(model_id)


def _read_settings(model: StagingModel, live: Overrides, act: ChangeRequest) -> ModelSettings:
    was = live.models.get(model.id, NEVER)
    act.meant_for(was.version)
    return was


def _subject(model: StagingModel) -> str:
    return f"models/{model.id}"


def _content(settings: ModelSettings) -> dict[str, Any]:
    return {"enabled": settings.enabled, "parameters": settings.parameters}


def _show_content(revision: Revision) -> dict[str, Any]:
    return {"enabled": revision.content["enabled"], "parameters": revision.content["parameters"] or {}}


def _check_parameters(model: StagingModel, parameters: dict[str, Any], pointer: str) -> dict[str, Any]:
    """The parameters as they are stored, checked by the model's schema. Raises ValidationFailedError."""
    try:
        kept = model.check_parameters(parameters)
    except ValidationError as error:
        raise ValidationFailedError(explain(error, pointer)) from error
    except RecursionError as error:
        raise MalformedRequestError("The parameters are nested too deeply.") from error
    if len(str(kept)) > MAX_PARAMETERS:
        message = f"At most {MAX_PARAMETERS} characters together."
        raise ValidationFailedError([{"pointer": pointer, "message": message}])
    return kept


def _build_price_view(price: Price) -> PriceView:
    return PriceView(
        run_usd=price.run,
        megapixel_out_usd=price.megapixel_out,
        megapixel_in_usd=price.megapixel_in,
        exceptions=[PriceException(parameter=name, value=value, run_usd=usd) for name, value, usd in price.unless],
    )
