"""How old something must be, as administrators say it: a span before now, or a time."""

import re
from datetime import datetime, timedelta

from realstaging.errors import ValidationFailedError

_NUMBER = "[0-9]{1,9}"
_PLAIN = re.compile(
    rf"(?P<seconds>{_NUMBER})s?|(?P<minutes>{_NUMBER})m|(?P<hours>{_NUMBER})h|(?P<days>{_NUMBER})d|(?P<weeks>{_NUMBER})w"
)
_ISO = re.compile(
    rf"P(?=.)(?:(?P<weeks>{_NUMBER})W)?(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?=.)(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?"
)
# A `+` that was not escaped in an address.
_LOST_PLUS = re.compile(" (?=[0-9]{2}:[0-9]{2}$)")


def moment(text: str | None, at: datetime) -> datetime | None:
    """`900`, `15m`, `2h`, `3d`, `1w` or `PT15M` before now, or a time in RFC 3339. Raises ValidationFailedError."""
    if text is None:
        return None
    try:
        if span := _PLAIN.fullmatch(text) or _ISO.fullmatch(text):
            return at - timedelta(**{unit: int(count) for unit, count in span.groupdict().items() if count})
        given = datetime.fromisoformat(_LOST_PLUS.sub("+", text))
    except (ValueError, OverflowError):
        given = None
    if given is None or given.tzinfo is None:
        message = "Give a span such as 15m, 2h, 3d or PT15M, or a time such as 2026-03-14T09:26:53Z."
        raise ValidationFailedError([{"pointer": "/older_than", "message": message}])
    return given
