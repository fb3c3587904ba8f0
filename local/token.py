"""`python -m local.token OWNER [--role admin]`: prints an access token for the local cloud that is running."""

import argparse
import json
import sys
from pathlib import Path

import httpx

TWELVE_HOURS = 12 * 3600


class NoCloudError(Exception):
    """Nothing is there that could mint a token."""


def access_token(folder: Path, owner: str, roles: list[str]) -> str:
    try:
        identity = json.loads((folder / "cloud.json").read_text())["identity"]
    except (FileNotFoundError, KeyError, json.JSONDecodeError) as error:
        raise NoCloudError(
            f"No local cloud is running: {folder}/cloud.json is not there. Start it: make dev"
        ) from error
    wanted = {"sub": owner, "roles": roles, "expires_in": TWELVE_HOURS}
    try:
        answer = httpx.post(f"{identity.rstrip('/')}/_mint", json=wanted, trust_env=False)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise NoCloudError(f"The identity stand-in at {identity} does not answer. Start the cloud: make dev") from error
    token: str = answer.json()["access_token"]
    return token


def main() -> None:
    parser = argparse.ArgumentParser(prog="local.token", description="An access token for the local cloud.")
    parser.add_argument("owner", help="who you are: becomes the token's subject")
    parser.add_argument("--role", action="append", default=[], help="e.g. admin")
    parser.add_argument("--dir", type=Path, default=Path(".local"), help="where the cloud keeps cloud.json")
    given = parser.parse_args()
    try:
        print(access_token(given.dir, given.owner, [role for role in given.role if role]))
    except NoCloudError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
