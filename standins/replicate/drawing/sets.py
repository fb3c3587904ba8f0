"""The furniture of each room and its place; `back`: meters from the camera to the far wall."""

import random
import re
from collections.abc import Callable

from standins.replicate.drawing import furniture
from standins.replicate.drawing.palettes import Palette
from standins.replicate.drawing.space import Color, Scene, Vector, shaded


class Stage:
    """Places the pieces; half of the seeds mirror them."""

    def __init__(self, scene: Scene, colors: Palette, back: float, chance: random.Random) -> None:
        self.scene, self.colors, self.back, self.chance = scene, colors, back, chance
        self._side = chance.choice((-1, 1))

    def at(self, x: float, ahead_of_wall: float, turn: float = 0) -> furniture.Place:
        shift = self.chance.uniform(-0.06, 0.06)
        return (
            self._side * x + shift,
            self.back - ahead_of_wall,
            self._side * turn + self.chance.uniform(-3, 3),
        )

    def rug(self, x: float, ahead_of_wall: float, width: float, depth: float) -> None:
        """Flat on the floor, with a border in the accent color."""
        x, z = self._side * x, self.back - ahead_of_wall
        for inset, color in ((0.0, self.colors.rug), (0.1, self.colors.accent), (0.14, self.colors.rug)):
            self.scene.fill(_flat(x, z, width - 2 * inset, depth - 2 * inset), color, 0.97)
        for stripe in range(1, 6):
            level = z - depth / 2 + depth * stripe / 6
            self.scene.fill(_flat(x, level, width - 0.5, 0.02), self.colors.rug, 0.88)


def _flat(x: float, z: float, width: float, depth: float) -> list[Vector]:
    sides, ends = (x - width / 2, x + width / 2), (z - depth / 2, z + depth / 2)
    return [(sides[0], 0, ends[0]), (sides[1], 0, ends[0]), (sides[1], 0, ends[1]), (sides[0], 0, ends[1])]


def frame(scene: Scene, x: float, back: float, size: tuple[float, float], colors: Palette) -> None:
    """A picture on the far wall."""
    (width, height), low = size, 1.45
    pieces: list[tuple[float, Color]] = [
        (0, colors.metal),
        (0.03, colors.linen),
        (0.12, shaded(colors.rug, 0.95)),
    ]
    for inset, color in pieces:
        left, right, bottom, top = (
            x - width / 2 + inset,
            x + width / 2 - inset,
            low + inset,
            low + height - inset,
        )
        scene.fill([(left, bottom, back), (right, bottom, back), (right, top, back), (left, top, back)], color)
    left, right, bottom = x - width / 2 + 0.12, x + width / 2 - 0.12, low + 0.12
    peak = low + height - 0.2
    scene.fill(
        [(left, bottom, back), (right, bottom, back), (right, bottom + 0.1, back), (x, peak, back)],
        colors.accent,
    )
    scene.fill(
        [
            (left, bottom, back),
            (right, bottom, back),
            (right, bottom + 0.16, back),
            (left, bottom + 0.05, back),
        ],
        colors.second,
    )


def living_room(stage: Stage) -> None:
    scene, colors = stage.scene, stage.colors
    stage.rug(0, 1.75, 3.1, 2.0)
    furniture.sofa(scene, stage.at(0, 0.6), colors)
    furniture.armchair(scene, stage.at(1.62, 1.75, 42), colors)
    furniture.low_table(scene, stage.at(-0.05, 1.75), colors)
    furniture.floor_lamp(scene, stage.at(-1.5, 0.55), colors)
    furniture.plant(scene, stage.at(1.6, 0.45), colors)


def bedroom(stage: Stage) -> None:
    scene, colors = stage.scene, stage.colors
    stage.rug(0, 1.9, 2.9, 1.6)
    furniture.bed(scene, (stage.at(0, 1.2)[0], stage.back - 1.2, 0), colors)
    for x in (-1.25, 1.25):
        furniture.nightstand(scene, stage.at(x, 0.4), colors)
    furniture.plant(scene, stage.at(1.95, 0.6), colors, 0.9)
    furniture.bench(scene, (0, stage.back - 2.62, 0), colors)


def kitchen(stage: Stage) -> None:
    scene, colors = stage.scene, stage.colors
    stage.rug(0, 2.3, 2.4, 0.9)
    island = furniture.table(scene, stage.at(0, 1.5), colors, (1.6, 0.86, 0.7))
    furniture.bowl(island, (-0.4, 0.91, 0), colors)
    furniture.vase(island, (0.45, 0.91, 0.1), colors)
    for x in (-0.5, 0.0, 0.5):
        furniture.stool(scene, stage.at(x, 2.1), colors)
    for x in (-0.4, 0.4):
        furniture.pendant(scene, stage.at(x, 1.5), colors)
    furniture.plant(scene, stage.at(1.75, 1.2), colors, 0.8)


def bathroom(stage: Stage) -> None:
    scene, colors = stage.scene, stage.colors
    stage.rug(0, 1.2, 1.0, 0.65)
    furniture.towel_ladder(scene, stage.at(0.35, 0.15), colors)
    furniture.basket(scene, stage.at(-0.25, 0.4), colors)
    furniture.plant(scene, stage.at(0.75, 0.6), colors, 0.7)
    furniture.stool(scene, stage.at(-0.65, 1.2), colors)


def dining_room(stage: Stage) -> None:
    scene, colors = stage.scene, stage.colors
    stage.rug(0, 1.7, 3.0, 2.3)
    middle = stage.at(0, 1.7)
    laid = furniture.table(scene, middle, colors, (1.8, 0.7, 0.9))
    furniture.vase(laid, (0, 0.75, 0), colors)
    furniture.bowl(laid, (0.5, 0.75, 0), colors)
    for x in (-0.5, 0.5):
        furniture.chair(scene, stage.at(x, 1.05), colors)
        furniture.chair(scene, stage.at(x, 2.4, 180), colors)
    for x, turn in ((-1.2, -90), (1.2, 90)):
        furniture.chair(scene, stage.at(x, 1.7, turn), colors)
    furniture.pendant(scene, (middle[0], middle[1], 0), colors)
    furniture.plant(scene, stage.at(-1.9, 0.5), colors)


def office(stage: Stage) -> None:
    scene, colors = stage.scene, stage.colors
    stage.rug(0, 1.5, 2.4, 1.6)
    desk = furniture.table(scene, stage.at(0, 0.7), colors, (1.6, 0.7, 0.7))
    desk.box((-0.34, 0.82, 0.1), (0.68, 0.4, 0.03), (38, 40, 44), 0.015)
    desk.box((-0.04, 0.75, 0.11), (0.08, 0.07, 0.02), colors.metal)
    desk.box((-0.22, 0.75, -0.2), (0.44, 0.02, 0.15), colors.linen)
    furniture.table_lamp(desk, (0.6, 0.75, 0.1), colors)
    furniture.desk_chair(scene, stage.at(0.1, 1.45, 170), colors)
    furniture.shelf(scene, stage.at(-1.5, 0.3), colors)
    furniture.plant(scene, stage.at(1.4, 0.5), colors)


def entryway(stage: Stage) -> None:
    scene, colors = stage.scene, stage.colors
    stage.rug(0, 2.4, 0.9, 2.6)
    furniture.bench(scene, stage.at(0.62, 1.5, 78), colors)
    furniture.coat_rack(scene, stage.at(-0.7, 0.9), colors)
    furniture.plant(scene, stage.at(0.62, 0.5), colors, 0.8)
    furniture.basket(scene, stage.at(-0.68, 1.8), colors)


def outdoor(stage: Stage) -> None:
    scene, colors = stage.scene, stage.colors
    stage.rug(0, 1.8, 3.2, 2.1)
    furniture.sofa(scene, stage.at(0, 0.8), colors, 2.0, 2)
    for x, turn in ((-1.5, -60), (1.5, 60)):
        furniture.armchair(scene, stage.at(x, 1.9, turn), colors)
    furniture.low_table(scene, stage.at(0, 1.9), colors, 0.9, 0.6)
    furniture.parasol(scene, stage.at(1.45, 0.7), colors)
    furniture.plant(scene, stage.at(-1.7, 0.6), colors)
    furniture.plant(scene, stage.at(2.3, 0.9), colors, 0.8)


# Words in the prompt, the set they select, and whether it has a picture on the wall.
ROOMS: dict[str, tuple[Callable[[Stage], None], bool]] = {
    r"living[ _-]?room|lounge": (living_room, True),
    r"bed[ _-]?room": (bedroom, True),
    r"kitchen": (kitchen, False),
    r"bath[ _-]?room": (bathroom, False),
    r"dining[ _-]?room": (dining_room, True),
    r"office|study": (office, True),
    r"entry[ _-]?way|hallway|foyer": (entryway, False),
    r"outdoors?|terrace|patio|balcony|garden|deck": (outdoor, False),
}


def furnishing(prompt: str) -> tuple[Callable[[Stage], None], bool]:
    """The room that is named first; without one, a living room."""
    found = []
    for words, chosen in ROOMS.items():
        if match := re.search(rf"\b(?:{words})\b", prompt.lower()):
            found.append((match.start(), chosen))
    return min(found, key=lambda each: each[0])[1] if found else (living_room, True)
