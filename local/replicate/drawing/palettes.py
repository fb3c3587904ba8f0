"""The colours of a style: found by a word in the prompt, varied by the seed."""

import random
import re
from dataclasses import dataclass

from local.replicate.drawing.space import Colour


@dataclass(frozen=True)
class Palette:
    wood: Colour
    metal: Colour
    fabric: Colour
    second: Colour
    accents: tuple[Colour, ...]
    rug: Colour
    linen: Colour = (240, 236, 228)
    leaf: Colour = (86, 126, 78)
    pot: Colour = (214, 206, 194)
    accent: Colour = (200, 150, 60)


STYLES = {
    "modern": Palette(
        (122, 86, 62), (46, 46, 48), (132, 136, 142), (222, 216, 206),
        ((214, 160, 52), (38, 110, 120), (196, 92, 60)), (204, 200, 194),
    ),
    "contemporary": Palette(
        (150, 116, 84), (168, 138, 92), (206, 194, 176), (120, 104, 92),
        ((92, 108, 92), (166, 96, 74), (70, 84, 110)), (228, 220, 206),
    ),
    "traditional": Palette(
        (104, 58, 38), (164, 132, 70), (64, 78, 112), (158, 54, 52),
        ((172, 58, 56), (190, 154, 84), (54, 92, 76)), (146, 66, 60), linen=(244, 236, 216), pot=(80, 104, 140),
    ),
    "industrial": Palette(
        (138, 98, 64), (40, 40, 42), (148, 88, 50), (92, 92, 94),
        ((176, 78, 44), (206, 168, 92), (70, 88, 84)), (112, 108, 104), pot=(88, 84, 80),
    ),
    "scandinavian": Palette(
        (212, 178, 134), (64, 64, 64), (224, 220, 212), (158, 176, 166),
        ((154, 180, 166), (224, 172, 132), (112, 138, 164)), (240, 236, 226), pot=(246, 244, 240),
    ),
    "bohemian": Palette(
        (160, 112, 70), (176, 140, 84), (188, 106, 74), (86, 118, 116),
        ((218, 160, 60), (150, 70, 96), (62, 120, 116)), (182, 104, 78), pot=(190, 110, 76),
    ),
    "coastal": Palette(
        (206, 184, 150), (150, 156, 160), (236, 234, 228), (122, 160, 184),
        ((70, 124, 160), (232, 196, 150), (110, 164, 160)), (206, 220, 226), pot=(238, 238, 234),
    ),
    "minimalist": Palette(
        (190, 172, 150), (60, 60, 60), (214, 210, 204), (186, 180, 172),
        ((120, 116, 110), (168, 150, 130)), (232, 228, 222), pot=(224, 222, 218),
    ),
}  # fmt: skip


def palette(prompt: str, chance: random.Random) -> Palette:
    """The style named first; without one, modern."""
    found = re.search("|".join(STYLES), prompt.lower())
    chosen = STYLES[found[0] if found else "modern"]
    values = {name: getattr(chosen, name) for name in chosen.__dataclass_fields__}
    values["accent"] = chance.choice(chosen.accents)
    if chance.random() < 0.5:
        values["fabric"], values["second"] = values["second"], values["fabric"]
    for name in ("fabric", "second", "rug"):
        factor = chance.uniform(0.94, 1.06)
        values[name] = tuple(min(255, round(part * factor)) for part in values[name])
    return Palette(**values)
