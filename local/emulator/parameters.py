"""Parameters and the transform: the values of this deployment, not the defaults.

Where SAM resolves a Ref itself (CORS origins, alias names) ministack lets it see only the defaults.
"""

import copy
from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers

from local.emulator.shapes import Record

_apply_transforms = engine._apply_transforms


def apply_transforms(template: Record, provided: Any = None, previous: Any = None) -> Any:
    if engine._SAM_TRANSFORM not in engine.declared_transforms(template) or not template.get("Parameters"):
        return _apply_transforms(template, provided, previous)
    seen = copy.deepcopy(template)
    for name, value in engine._transform_parameters(template, provided, previous).items():
        seen["Parameters"][name]["Default"] = value
    expanded = _apply_transforms(seen, provided, previous)
    if isinstance(expanded, dict) and isinstance(expanded.get("Parameters"), dict):
        expanded["Parameters"] |= copy.deepcopy(template["Parameters"])
    return expanded


def install() -> None:
    for module in (engine, handlers, changesets):
        if hasattr(module, "_apply_transforms"):
            module._apply_transforms = apply_transforms
