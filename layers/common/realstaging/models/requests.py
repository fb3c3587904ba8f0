"""What clients ask for: uploads and stagings, item by item."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from realstaging.models.base import Frozen, Name, Problem, Whole
from realstaging.models.content_types import canonical
from realstaging.models.images import ImageView, PresignedPost
from realstaging.models.jobs import JobView
from realstaging.models.picture_checks import CheckPolicy, Format, Size
from realstaging.models.verdicts import Mode


class StageSettings(Frozen):
    """How to furnish. Everything may be left out; `GET /v1/capabilities` lists what can be named."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    room_type: str | None = Field(
        default=None, description="An id of `room_types`; `auto` or left out: the model works it out."
    )
    style: str | None = Field(
        default=None,
        description=("An id of `styles`; short for one of `styles`. Left out: `modern`; `auto`: the model chooses."),
    )
    styles: list[str] | None = Field(
        default=None, min_length=1, max_length=4, description="One job is made for each. Not together with `style`."
    )
    prompt: str | None = Field(
        default=None,
        min_length=10,
        max_length=2000,
        description=(
            "A wish in your words, e.g. “a reading corner by the window”. The model is told first "
            "what must not change in the room."
        ),
    )
    keep_structure: bool = Field(
        default=True,
        strict=True,
        description=(
            "`false`: your prompt is sent as it is, without the parts that protect the room, and "
            "without room type and style; results may change walls and windows, you answer for them. "
            "Only together with `prompt`."
        ),
    )
    seed: Whole | None = Field(
        default=None,
        ge=1,
        le=4294967295,
        description="The same seed gives similar results; counts up with each variation.",
    )
    model: str | None = Field(default=None, description="An id of `models`; left out: the default one.")
    variations: Whole | None = Field(default=None, ge=1, le=4, description="How many jobs are made for each style.")
    check: CheckPolicy | None = Field(
        default=None,
        description=(
            "What becomes of a result that does not keep the room: `report` delivers it, `reroll` tries again and "
            "else delivers the best one, `refuse` tries again and else fails. None of these is charged."
        ),
    )
    mode: Mode = Field(
        default="staging",
        description="`declutter` clears the room, `enhancement` improves the picture; both take no style.",
    )
    size: Size = Field(
        default="source",
        description="`source`: the photo's own size, up to 24 megapixels, with its own pixels wherever the model "
        "changed nothing; `model`: as the model made it.",
    )
    format: Format = Field(default="jpg", description="The file format of the result.")


def _canonical(announced: object) -> object:
    if not isinstance(announced, str):
        return announced
    try:
        return canonical(announced)
    except ValueError as error:
        raise PydanticCustomError("content_type", "{what}", {"what": str(error)}) from error


ContentType = Annotated[str, BeforeValidator(_canonical)]


class UploadFile(Frozen):
    """One photo to come. `settings` left out: the defaults apply; `null`: it is stored and not staged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filename: Name = Field(
        min_length=1, max_length=255, description="As it is called at your place; a download is named after it."
    )
    content_type: ContentType = Field(
        description="One of `limits.content_types`, or `application/octet-stream` or empty where it is not known; "
        "other names of these types are understood. The bytes decide what the file is."
    )
    size_bytes: Whole = Field(ge=1, description="At most `limits.max_bytes` of the capabilities.")
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="Lower-case hex. When given, a file with another content is rejected.",
    )
    settings: StageSettings | None = None


class UploadRequest(Frozen):
    """Each file is checked on its own, so that one bad file does not stop the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project_id: str = Field(min_length=1, max_length=64)
    defaults: StageSettings | None = None
    files: list[dict[str, Any]] = Field(min_length=1, max_length=50)


class UploadItem(Frozen):
    index: int
    status: int = Field(description="201, or that of its `error`.")
    image: ImageView | None = None
    upload: PresignedPost | None = None
    jobs: list[JobView] | None = Field(default=None, description="Empty when it is only stored.")
    error: Problem | None = None


class UploadAnswer(Frozen):
    batch_id: str | None = Field(description="`null` when nothing was taken.")
    items: list[UploadItem]
    succeeded: int
    failed: int


class RestageItem(Frozen):
    """One image to stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_id: str = Field(min_length=1, max_length=64)
    settings: StageSettings | None = None


class RestageRequest(Frozen):
    """Each item is checked on its own, so that one bad item does not stop the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    defaults: StageSettings | None = None
    items: list[dict[str, Any]] = Field(min_length=1, max_length=50)


class RestagedItem(Frozen):
    """`job` is the first of `jobs`, for requests that ask for one style and one variation."""

    index: int
    status: int = Field(description="202, or that of its `error`.")
    job: JobView | None = None
    jobs: list[JobView] | None = None
    error: Problem | None = None


class RestageAnswer(Frozen):
    batch_id: str | None = Field(description="`null` when nothing was taken.")
    items: list[RestagedItem]
    succeeded: int
    failed: int
