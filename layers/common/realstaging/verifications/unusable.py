"""Why a pair cannot be compared."""

from realstaging.errors import AppError


class UnusablePictureError(Exception):
    """One picture of the pair cannot be used. `cause` says why, in words for its owner."""

    def __init__(self, part: str, cause: AppError) -> None:
        super().__init__(part)
        self.part, self.cause = part, cause
