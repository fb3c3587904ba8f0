"""From pydantic's errors to ours: where the problem is (RFC 6901) and what to change."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from realstaging.config import Settings
from realstaging.errors import ValidationFailedError
from realstaging.models.requests import StageSettings

Complaint = dict[str, str]
# Nobody reads more, and an answer must not outgrow what Lambda can send.
MOST = 20
# Lambda answers with at most 6 MB, and jobs grow a little until they end.
MAX_ANSWER_BYTES = 4_000_000


def complaints(errors: Iterable[Mapping[str, Any]], under: str = "") -> list[Complaint]:
    found = [{"pointer": under + pointer(error["loc"]), "message": str(error["msg"])} for error in errors]
    return found[:MOST]


def explain(error: ValidationError, under: str = "") -> list[Complaint]:
    """What a model complained of; `under`: where in the request the data stand that it was given."""
    return complaints(error.errors(include_url=False, include_context=False, include_input=False), under)


def check_size(answer: BaseModel, pointer: str) -> None:
    """Raises ValidationFailedError for a request whose answer could not be sent: its prompts come back once a job."""
    if len(answer.model_dump_json().encode()) > MAX_ANSWER_BYTES:
        raise ValidationFailedError(
            [{"pointer": pointer, "message": "Too many jobs with long prompts for one request. Send fewer at once."}]
        )


def pointer(location: Iterable[str | int]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def unknown_choices(wanted: StageSettings, settings: Settings, under: str) -> list[Complaint]:
    """Room types, styles and models that are not on offer."""
    rooms = [choice.id for choice in settings.room_types]
    styles = [choice.id for choice in settings.styles]
    found = []
    if wanted.room_type is not None and wanted.room_type not in rooms:
        found.append(_unknown(f"{under}/room_type", wanted.room_type, rooms))
    if wanted.style is not None and wanted.style not in styles:
        found.append(_unknown(f"{under}/style", wanted.style, styles))
    for index, style in enumerate(wanted.styles or []):
        if style not in styles:
            found.append(_unknown(f"{under}/styles/{index}", style, styles))
    if wanted.model is not None and wanted.model not in settings.models.enabled:
        found.append(_unknown(f"{under}/model", wanted.model, list(settings.models.enabled)))
    if wanted.style is not None and wanted.styles is not None:
        found.append({"pointer": f"{under}/styles", "message": "Give either style or styles, not both."})
    return found


def refusals(wanted: StageSettings, settings: Settings, under: str) -> list[Complaint]:
    """What speaks against the settings of one photo, the defaults laid under them."""
    found = unknown_choices(wanted, settings, under)
    if not wanted.keep_structure and wanted.prompt is None:
        found.append(
            {"pointer": f"{under}/keep_structure", "message": "false needs a prompt, which is then all we send."}
        )
    if wanted.mode != "staging" and (wanted.style or wanted.styles):
        name = "style" if wanted.style else "styles"
        found.append(
            {"pointer": f"{under}/{name}", "message": f"The mode {wanted.mode} furnishes nothing: leave it out."}
        )
    return found


def _unknown(where: str, value: str, known: list[str]) -> Complaint:
    return {"pointer": where, "message": f"{value[:40]!r} is not one of: {', '.join(known)}."}
