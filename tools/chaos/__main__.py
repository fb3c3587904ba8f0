"""`make chaos [SEED=1] [SCENARIO=workers-killed] [PHOTOS=12]`: every trouble, then what it left behind."""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import httpx
from rich.console import Console

from local.ports import DEFAULT
from local.state import Cloud
from local.token import access_token
from tools.bench.rooms import different
from tools.chaos.checker import Findings, check
from tools.chaos.owner import Owner
from tools.chaos.scenarios import SCENARIOS, script
from tools.demo.cloud import NoCloudError, cloud_in


def run(cloud: Cloud, directory: Path, name: str, seed: int, photos: list[Path], *, pause: float = 3.0) -> Findings:
    """One scenario with an owner of its own. `pause`: seconds between two looks at what is in flight."""
    owner_name = f"chaos-{name}-{seed}-{time.time_ns() % 1_000_000}"
    headers = {"Authorization": f"Bearer {access_token(directory, owner_name, [])}"}
    with httpx.Client(base_url=cloud.api, headers=headers, timeout=60, trust_env=False) as http:
        owner = Owner(cloud, owner_name, http, pause)
        planned = SCENARIOS[name](owner, photos, random.Random(seed))
        script(cloud)
        ended = owner.finish()
        found = check(owner, planned)
        if not ended and not found.lost:
            found.lost.append("it never came to an end")
        return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(SCENARIOS)}; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--photos", type=int, default=12)
    parser.add_argument("--dir", type=Path, default=Path(".local"))
    parser.add_argument("--port", type=int, default=DEFAULT)
    chosen = parser.parse_args()
    if unknown := set(chosen.scenarios) - set(SCENARIOS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    console, clean = Console(), True
    try:
        with cloud_in(chosen.dir, chosen.port, console) as cloud, tempfile.TemporaryDirectory() as folder:
            photos = different(chosen.photos, Path(folder))
            for name in chosen.scenarios or SCENARIOS:
                began = time.monotonic()
                found = run(cloud, chosen.dir, name, chosen.seed, photos)
                clean &= found.clean
                mark = "[green]ok[/]" if found.clean else "[red]NOT OK[/]"
                console.print(f"{name:24} {mark}  {time.monotonic() - began:5.0f} s  {found}", highlight=False)
    except NoCloudError as error:
        console.print(str(error))
        return 1
    console.print("nothing lost, nothing paid twice, nothing orphaned" if clean else "see above", highlight=False)
    return int(not clean)


if __name__ == "__main__":
    sys.exit(main())
