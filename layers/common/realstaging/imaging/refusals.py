"""Refusals that several formats share."""

from realstaging.errors import ImageTruncatedError, ImageUnreadableError


def cut_off() -> ImageTruncatedError:
    return ImageTruncatedError(
        "The end of the picture is missing. Upload the file again; if it looks cut off on your device too, "
        "take or export it once more."
    )


def damaged() -> ImageUnreadableError:
    return ImageUnreadableError(
        "The picture is damaged and cannot be opened. Open it on your device, save it again as JPEG and "
        "upload that file."
    )
