"""What ministack hands around: records of any kind, and the answer to a request."""

from typing import Any

type Record = dict[str, Any]
type Answer = tuple[int, dict[str, Any], bytes]
