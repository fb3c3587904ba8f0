"""Which server and as whom: options first, then a local cloud's folder, the environment, the saved login."""

import json
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from realstaging_client.photos import BadArgumentError
from realstaging_client.transport import TIMEOUT

URL, TOKEN = "REALSTAGING_URL", "REALSTAGING_TOKEN"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DEVELOPER = {"sub": "developer", "roles": [], "expires_in": 12 * 3600}


@dataclass(frozen=True)
class Profile:
    url: str
    token: str = field(repr=False)


def chosen(url: str | None, token: str | None, directory: Path | None) -> Profile:
    """Raises BadArgumentError when a server or a token is missing, or the token would travel in the clear."""
    saved = _saved()
    if directory and not (url and token):
        cloud = _local_cloud(directory)
        url, token = url or cloud.url, token or cloud.token
    url = url or os.environ.get(URL) or saved.get("url")
    # A saved token is for the saved server alone.
    token = token or os.environ.get(TOKEN) or (saved.get("token") if url == saved.get("url") else None)
    if not url or not token:
        missing = "server" if not url else "access token"
        raise BadArgumentError(
            f"No {missing} is known. Log in once: realstaging login --url URL (or set {URL}, {TOKEN})"
        )
    return checked(Profile(url.rstrip("/"), token.strip()))


def checked(profile: Profile) -> Profile:
    parts = urlsplit(profile.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadArgumentError(f"{profile.url} is not an address such as https://api.example.com")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise BadArgumentError(f"{profile.url} would carry the token in the clear: use https")
    if not profile.token.isascii() or not profile.token.isprintable() or " " in profile.token:
        raise BadArgumentError("The token holds characters that no token has.")
    return profile


def save(profile: Profile) -> Path:
    """Readable by nobody else."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        # TOML's basic strings are JSON's.
        file.write(f"url = {json.dumps(profile.url)}\ntoken = {json.dumps(profile.token)}\n")
    unfinished.replace(path)
    return path


def _saved() -> dict[str, str]:
    path = _path()
    try:
        page = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BadArgumentError(f"{path} cannot be read. Log in again: realstaging login") from error
    return {name: value for name, value in page.items() if isinstance(value, str)}


def _path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "realstaging" / "config.toml"


def _local_cloud(directory: Path) -> Profile:
    """The API of a local cloud, and a token that its identity stand-in makes for whoever asks."""
    try:
        cloud = json.loads((directory / "cloud.json").read_text(encoding="utf-8"))
        url, identity = str(cloud["api"]), str(cloud["identity"])
    except (OSError, ValueError, KeyError) as error:
        raise BadArgumentError(f"No local cloud is running in {directory}. Start it: make dev") from error
    if urlsplit(identity).hostname not in LOOPBACK:
        raise BadArgumentError(f"{directory / 'cloud.json'} speaks of another machine.")
    try:
        answer = httpx.post(f"{identity.rstrip('/')}/_mint", json=DEVELOPER, timeout=TIMEOUT, trust_env=False)
        answer.raise_for_status()
        return Profile(url, str(answer.json()["access_token"]))
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise BadArgumentError(f"The local cloud in {directory} does not answer. Start it: make dev") from error
