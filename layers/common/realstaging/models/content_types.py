"""The types a photo may be announced as. The bytes decide what it is; the type bounds the upload form."""

CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/avif", "image/tiff")

# For files whose type the sender does not know: browsers give none for HEIC.
UNKNOWN = "application/octet-stream"

# What browsers, phones and old programs also call the same.
_SYNONYMS = {
    "": UNKNOWN,
    "binary/octet-stream": UNKNOWN,
    "image/*": UNKNOWN,
    "image/jpg": "image/jpeg",
    "image/jpe": "image/jpeg",
    "image/jfif": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/mpo": "image/jpeg",
    "image/x-png": "image/png",
    "image/apng": "image/png",
    "image/vnd.mozilla.apng": "image/png",
    "image/heif": "image/heic",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heic",
    "image/avif-sequence": "image/avif",
    "image/tif": "image/tiff",
    "image/x-tiff": "image/tiff",
}


def canonical(announced: str) -> str:
    """One of CONTENT_TYPES, or UNKNOWN. ValueError says what to send instead."""
    name = announced.partition(";")[0].strip().lower()
    name = _SYNONYMS.get(name, name)
    if name not in (*CONTENT_TYPES, UNKNOWN):
        raise ValueError(f"Must be one of {', '.join(CONTENT_TYPES)}, or {UNKNOWN} where it is not known.")
    return name
