"""Puts the page's files into the bucket that CloudFront reads: `make deploy` does it last, where the stage has a page.

Everything lies under the hash of all of it and never changes there; only `index.html`, which names that folder,
the icon and `config.json` are asked for anew each time. Folders of earlier versions stay a month: somebody may
have the page open.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

WEB = Path(__file__).resolve().parents[1] / "web"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
FOREVER = "public, max-age=31536000, immutable"
ASK = "no-cache"
KEPT = timedelta(days=30)
VERSIONS = "v/"


@dataclass(frozen=True)
class File:
    key: str
    body: bytes
    content_type: str
    cache_control: str


def config_of(parameters: dict[str, str], url: str) -> dict[str, str]:
    """What `config.json` beside the page says; the API is on the page's own domain."""
    identity = json.loads(parameters["SettingsOverrides"])["identity"]
    return {
        "api": url,
        "issuer": identity["issuer"],
        "audience": identity["audience"],
        "client_id": parameters["PageClientId"],
    }


def objection(parameters: dict[str, str]) -> str | None:
    """Why a page with these parameters would not work, before anything is deployed."""
    if not parameters.get("PageClientId"):
        return None
    issuer = urlsplit(json.loads(parameters["SettingsOverrides"])["identity"]["issuer"])
    origin = f"{issuer.scheme}://{issuer.netloc}"
    if origin not in parameters.get("PageIssuer", "").split():
        return f"PageIssuer must name {origin}, or the browser would keep the page from signing in."
    return None


def advice(parameters: dict[str, str], url: str) -> list[str]:
    """What does not fit the page's address yet, which a first deployment only learns at its end."""
    origins = [each.strip() for each in parameters.get("AllowedOrigins", "*").split(",")]
    found = []
    if "*" not in origins and url not in origins:
        found.append(
            f"AllowedOrigins does not name {url}: photos cannot be uploaded from the page. Add it and deploy again."
        )
    back = json.loads(parameters["SettingsOverrides"]).get("stripe", {}).get("return_url", "")
    if not back.startswith(url):
        found.append(f"stripe.return_url is {back or 'not set'}: set it to {url}/, where the page is.")
    return found


def files(config: dict[str, str], web: Path = WEB) -> Iterator[File]:
    """What the bucket holds, in the order in which it is put there: what names a file comes after it."""
    found = [path for path in sorted(web.rglob("*")) if path.suffix in TYPES and path.name != "config.json"]
    digest = hashlib.sha256()
    for path in found:
        digest.update(str(path.relative_to(web)).encode() + b"\0" + path.read_bytes() + b"\0")
    folder = f"{VERSIONS}{digest.hexdigest()[:16]}/"
    for path in found:
        name = str(path.relative_to(web))
        if path.suffix != ".html":
            yield File(folder + name, path.read_bytes(), TYPES[path.suffix], FOREVER)
    yield File("icon.svg", (web / "icon.svg").read_bytes(), TYPES[".svg"], ASK)
    yield File("config.json", json.dumps(config, indent=1).encode(), TYPES[".json"], ASK)
    page = (web / "index.html").read_text()
    for kind in ("css/", "js/"):
        page = page.replace(f'"{kind}', f'"{folder}{kind}')
    yield File("index.html", page.encode(), TYPES[".html"], ASK)


def publish(s3: Any, bucket: str, config: dict[str, str], at: datetime) -> int:
    """Puts what is not there yet, and deletes versions that nobody can have open any more; how many files were put."""
    there = {each["Key"]: each for page in _pages(s3, bucket) for each in page.get("Contents", [])}
    wanted = list(files(config))
    put = [each for each in wanted if not (each.cache_control == FOREVER and each.key in there)]
    for each in put:
        s3.put_object(
            Bucket=bucket, Key=each.key, Body=each.body, ContentType=each.content_type, CacheControl=each.cache_control
        )
    current = {each.key for each in wanted}
    for key, found in there.items():
        if key.startswith(VERSIONS) and key not in current and at - found["LastModified"] > KEPT:
            s3.delete_object(Bucket=bucket, Key=key)
    return len(put)


def _pages(s3: Any, bucket: str) -> Any:
    return s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
