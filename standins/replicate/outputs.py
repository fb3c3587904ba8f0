"""Result files: kept for an hour, and served as the script says, broken or not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse

from standins.replicate.script import Outcome

CHUNK = 64 * 1024
NOT_THERE = "<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>"
CONTENT_TYPES = {"webp": "image/webp", "jpg": "image/jpeg", "png": "image/png"}


@dataclass
class Output:
    content: bytes
    content_type: str
    fault: Outcome | None
    fetched: int = 0

    def response(self) -> Response:
        self.fetched += 1
        fault = self.fault
        match fault.kind if fault else "":
            case "gone":
                return HTMLResponse(NOT_THERE, 404)
            case "text":
                return Response(b"this is not a picture", media_type=self.content_type)
            case "html":
                return HTMLResponse("<html><body>Please try again later.</body></html>")
            case "truncated":
                return Response(self.content[: len(self.content) // 2], media_type=self.content_type)
            case "flaky" if fault and self.fetched <= fault.times:
                return PlainTextResponse("upstream connect error", 503)
            case "too_large" if fault:
                length = {"content-length": str(fault.bytes)}
                return StreamingResponse(self._padded(fault.bytes), headers=length, media_type=self.content_type)
            case "slow" if fault:
                seconds = 30 if fault.seconds is None else fault.seconds
                length = {"content-length": str(len(self.content))}
                return StreamingResponse(self._dripped(seconds), headers=length, media_type=self.content_type)
            case _:
                return Response(self.content, media_type=self.content_type)

    async def _padded(self, size: int) -> AsyncIterator[bytes]:
        yield self.content[:size]
        left = size - len(self.content)
        while left > 0:
            yield b"\0" * min(CHUNK, left)
            left -= CHUNK

    async def _dripped(self, seconds: float, drops: int = 20) -> AsyncIterator[bytes]:
        step = len(self.content) // drops + 1
        for at in range(0, len(self.content), step):
            await asyncio.sleep(seconds / drops)
            yield self.content[at : at + step]


class Outputs:
    def __init__(self, base_url: str):
        self._base_url = base_url
        self._kept: dict[str, Output] = {}

    def keep(self, prediction_id: str, extension: str, content: bytes, fault: Outcome | None) -> str:
        """Store a picture, return its URL."""
        path = f"{prediction_id}/out-0.{extension}"
        self._kept[path] = Output(content, CONTENT_TYPES[extension], fault)
        return f"{self._base_url}/pbxt/{path}"

    def find(self, path: str) -> Output | None:
        return self._kept.get(path)

    def remove(self, prediction_id: str) -> None:
        for path in [path for path in self._kept if path.startswith(f"{prediction_id}/")]:
            del self._kept[path]
