"""Says what is wrong with the models that each stage's settings name: `python -m tools.check_models`."""

import sys

from realstaging import config
from realstaging.runs import model_selection


def main() -> int:
    found = [f"{stage}: {why}" for stage in config.STAGES for why in model_selection.objections(config.load(stage))]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
