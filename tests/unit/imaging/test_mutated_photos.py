"""Whatever is uploaded: a photo, or a typed refusal in words, with bounded memory. `make fuzz` looks at many more."""

import os
import resource

from realstaging.errors import PhotoError
from realstaging.imaging.normalize import normalize
from tests.support.mutated_photos import mutated
from tests.support.pictures import LIMITS

COUNT = int(os.environ.get("FUZZ_FILES", "500"))
SEED = int(os.environ.get("FUZZ_SEED", "11"))
MAX_MEGABYTES = 1_000
JPEG = b"\xff\xd8"


def _outcome(data: bytes) -> PhotoError | None:
    """The refusal, if it is one; of any other photo all files are made. What else escapes fails the test."""
    try:
        photo = normalize(data, LIMITS)
    except PhotoError as refusal:
        return refusal
    assert photo.master.startswith(JPEG)
    assert photo.thumbnail.startswith(JPEG)
    assert len(photo.advice) <= 3
    return None


def test_no_mutated_photo_is_a_fault() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = [_outcome(data) for data in mutated(SEED, COUNT)]
    refusals = [each for each in outcomes if isinstance(each, PhotoError)]
    assert 0 < len(refusals) < COUNT
    assert all(type(refusal) is not PhotoError and refusal.detail for refusal in refusals)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MAX_MEGABYTES
