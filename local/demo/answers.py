"""What the API answers, as far as the demo reads it; fields it does not know are left alone."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Problem(Answer):
    """Why something was refused or came to nothing, in words for people."""

    title: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.title}. {self.detail}" if self.detail else f"{self.title}."


class Image(Answer):
    id: str
    status: str
    version: int


class Job(Answer):
    id: str
    status: str
    version: int
    room_type: str | None = None
    style: str | None = None
    model: str
    error: Problem | None = None


class Form(Answer):
    """A presigned POST."""

    url: str
    fields: dict[str, str]


class Item(Answer):
    """What became of one file of an upload request: accepted with a form, or refused with an error."""

    index: int
    image: Image | None = None
    upload: Form | None = None
    jobs: list[Job] | None = None
    error: Problem | None = None


class Plan(Answer):
    batch_id: str | None
    items: list[Item]


class Batch(Answer):
    id: str
    jobs: list[Job]
