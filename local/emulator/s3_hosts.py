"""Hosts of S3: its global address redirects to the bucket's Region, as AWS does for a day after a bucket is created.

ministack serves `<bucket>.s3.amazonaws.com` whatever the bucket's Region is. Local addresses name an IP address and
no Region, so tests show this by the Host header.
"""

import os
import re
from collections.abc import Callable
from typing import Any

from ministack import app

REGION = os.environ.get("MINISTACK_REGION", "us-east-1")
GLOBAL = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.s3\.amazonaws\.com(:\d+)?")

_before_body: Callable[..., Any]


async def before_body(method: str, path: str, headers: dict[str, str], *rest: Any) -> Any:
    match = GLOBAL.fullmatch(headers.get("host", ""))
    if not match or REGION == "us-east-1":
        return await _before_body(method, path, headers, *rest)
    host = f"{match['bucket']}.s3.{REGION}.amazonaws.com"
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>TemporaryRedirect</Code><Message>Please re-send this '
        f"request to the specified temporary endpoint.</Message><Endpoint>{host}</Endpoint></Error>"
    )
    return 307, {"Content-Type": "application/xml", "Location": f"https://{host}{path}"}, body.encode()


def install() -> None:
    global _before_body  # noqa: PLW0603  (what other modules of ours made of it)
    _before_body = app._handle_pre_body_request
    app._handle_pre_body_request = before_body
