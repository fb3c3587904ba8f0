"""The colors of a style: chosen by a word in the prompt, varied by the seed."""

import random
import re
from dataclasses import dataclass

from standins.replicate.drawing.space import Color


@dataclass(frozen=True)
class Palette:
    wood: Color
    metal: Color
    fabric: Color
    second: Color
    accents: tuple[Color, ...]
    rug: Color
    linen: Color = (240, 236, 228)
    leaf: Color = (86, 126, 78)
    pot: Color = (214, 206, 194)
    accent: Color = (200, 150, 60)


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
    "mid-century": Palette(
        (132, 82, 48), (176, 142, 80), (200, 148, 58), (122, 126, 72),
        ((196, 104, 52), (86, 112, 104), (226, 186, 92)), (232, 222, 200), pot=(206, 120, 70),
    ),
    "farmhouse": Palette(
        (196, 150, 96), (52, 50, 48), (232, 226, 212), (128, 148, 164),
        ((150, 74, 62), (104, 124, 96), (214, 190, 140)), (220, 208, 186), pot=(236, 232, 222),
    ),
    "rustic": Palette(
        (118, 78, 48), (70, 62, 56), (150, 112, 82), (176, 160, 136),
        ((140, 62, 44), (84, 96, 72), (196, 148, 80)), (136, 104, 80), pot=(146, 126, 108),
    ),
    "transitional": Palette(
        (126, 98, 76), (156, 140, 112), (206, 200, 190), (132, 152, 172),
        ((112, 136, 160), (186, 168, 142)), (222, 216, 206), pot=(216, 212, 204),
    ),
    "mediterranean": Palette(
        (124, 76, 46), (66, 60, 56), (234, 222, 200), (190, 110, 74),
        ((196, 112, 70), (70, 118, 130), (222, 176, 96)), (206, 170, 130), pot=(192, 108, 70),
    ),
    "japandi": Palette(
        (198, 166, 124), (70, 66, 62), (224, 214, 200), (166, 138, 116),
        ((150, 110, 88), (116, 122, 104)), (230, 222, 208), pot=(120, 108, 98),
    ),
    "art deco": Palette(
        (62, 42, 34), (206, 170, 84), (26, 96, 82), (34, 50, 92),
        ((206, 170, 84), (146, 40, 66), (230, 214, 190)), (40, 56, 88), linen=(238, 228, 210), pot=(30, 30, 34),
    ),
    "luxury": Palette(
        (88, 62, 48), (172, 140, 92), (240, 232, 216), (44, 84, 120),
        ((44, 84, 120), (190, 156, 96), (118, 52, 84)), (228, 218, 200), pot=(236, 232, 226),
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
