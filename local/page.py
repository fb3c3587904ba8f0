"""Serves the page in `web/`: `python -m local.page --dir .local --port 4603`.

Static files, the `config.json` of the cloud that runs in `--dir`, and the headers that a host of the page should send.
"""

import argparse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from local import state
from local.ports import HOST
from local.processes import ROOT
from local.state import Cloud

WEB = ROOT / "web"
SAMPLE_AGENT = "sample-agent"


def content_security_policy(cloud: Cloud) -> str:
    """Scripts and styles are the page's own; data and pictures come from this cloud and its identity provider."""
    api, socket, issuer = (_origin(each) for each in (cloud.api, cloud.socket, cloud.issuer))
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' blob: {api}",
        "connect-src": f"'self' {api} {socket} {issuer}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


async def config(request: Request) -> Response:
    cloud = _cloud(request)
    if cloud is None:
        return PlainTextResponse("The local cloud is still starting.", 503)
    page = {
        "api": cloud.api,
        "issuer": cloud.issuer,
        "audience": cloud.audience,
        "client_id": "local-web",
        "sample_agent": SAMPLE_AGENT,
    }
    return JSONResponse(page, headers={"cache-control": "no-store"})


async def static(request: Request) -> Response:
    path = (WEB / (request.path_params["path"] or "index.html")).resolve()
    if not path.is_relative_to(WEB) or not path.is_file():
        return PlainTextResponse("Not found", 404)
    headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
    cloud = _cloud(request)
    if cloud:
        headers["content-security-policy"] = content_security_policy(cloud)
    return FileResponse(path, headers=headers)


async def health(_request: Request) -> Response:
    return JSONResponse({"status": "ok", "service": "page"})


def _cloud(request: Request) -> Cloud | None:
    return state.read(request.app.state.directory)


def app(directory: Path) -> Starlette:
    routes = [Route("/health", health), Route("/config.json", config), Route("/{path:path}", static)]
    made = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware)])
    made.state.directory = directory
    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="local.page", description="Serves the page of a local cloud.")
    parser.add_argument("--dir", type=Path, default=Path(".local"))
    parser.add_argument("--port", type=int, default=4603)
    given = parser.parse_args()
    made: Any = app(given.dir.resolve())
    uvicorn.run(made, host=HOST, port=given.port, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
