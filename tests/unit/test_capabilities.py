"""What a form needs to know, from the settings and nowhere else."""

from realstaging.api.capabilities import capabilities
from realstaging.models.requests import StageSettings
from tests.support.upload_plans import SETTINGS


def test_everything_on_offer_is_told_as_configured() -> None:
    told = capabilities(SETTINGS)

    assert [room.id for room in told.room_types] == [room.id for room in SETTINGS.room_types]
    assert [style.id for style in told.styles] == [style.id for style in SETTINGS.styles]
    assert [model.id for model in told.models if model.default] == [SETTINGS.models.default]
    assert {plan.id: plan.images_per_month for plan in told.plans} == {
        id: plan.images_per_month for id, plan in SETTINGS.plans.items()
    }
    assert told.limits.max_bytes == SETTINGS.uploads.max_bytes


def test_every_deprecated_choice_maps_to_one_that_is_not() -> None:
    told = capabilities(SETTINGS)

    for options in (told.room_types, told.styles):
        current = {option.id for option in options if not option.deprecated}
        assert all(option.maps_to in current for option in options if option.deprecated)
        assert current


def test_everything_that_can_be_said_of_a_result_is_told() -> None:
    told = capabilities(SETTINGS).results

    for field, values in (("mode", told.modes), ("check", told.checks), ("size", told.sizes), ("format", told.formats)):
        assert values
        for value in values:
            assert getattr(StageSettings.model_validate({field: value}), field) == value
    assert told.default_check == SETTINGS.checks.default
