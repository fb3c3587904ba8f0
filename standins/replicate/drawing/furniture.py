"""Pieces of furniture: each drawn on the floor of a scene, at a place and angle, in a style's colors."""

import math
import random

from standins.replicate.drawing.palettes import Palette
from standins.replicate.drawing.space import Color, Piece, Scene, Spot, Vector, shaded

type Place = tuple[float, float, float]


def legs(piece: Piece, width: float, depth: float, height: float, color: Color, *, thick: float = 0.05) -> None:
    for x in (-width / 2, width / 2 - thick):
        for z in (-depth / 2, depth / 2 - thick):
            piece.box((x, 0, z), (thick, height, thick), color)


def sofa(scene: Scene, place: Place, colors: Palette, width: float = 2.2, seats: int = 3) -> None:
    piece, fabric = scene.piece(*place), colors.fabric
    legs(piece, width - 0.1, 0.8, 0.14, colors.wood)
    piece.box((-width / 2, 0.14, -0.45), (width, 0.22, 0.9), shaded(fabric, 0.9), 0.05)
    piece.box((-width / 2 + 0.2, 0.36, 0.2), (width - 0.4, 0.46, 0.25), shaded(fabric, 0.94), 0.1)
    for x in (-width / 2, width / 2 - 0.2):
        piece.box((x, 0.36, -0.45), (0.2, 0.26, 0.9), fabric, 0.08)
    each = (width - 0.4) / seats
    for seat in range(seats):
        left = -width / 2 + 0.2 + seat * each
        piece.box((left + 0.01, 0.36, -0.47), (each - 0.02, 0.15, 0.52), shaded(fabric, 1.05), 0.06)
        piece.box((left + 0.02, 0.51, 0.05), (each - 0.04, 0.36, 0.15), shaded(fabric, 1.02), 0.1)
    cushions = ((-width / 2 + 0.26, colors.accent), (width / 2 - 0.66, colors.second))
    for x, color in cushions[: min(seats, 2)]:
        piece.box((x, 0.51, -0.1), (0.4, 0.34, 0.14), color, 0.12)


def armchair(scene: Scene, place: Place, colors: Palette) -> None:
    piece, fabric = scene.piece(*place), colors.second
    legs(piece, 0.66, 0.66, 0.18, colors.wood)
    piece.box((-0.38, 0.18, -0.38), (0.76, 0.2, 0.76), shaded(fabric, 0.92), 0.06)
    piece.box((-0.38, 0.38, 0.22), (0.76, 0.5, 0.16), fabric, 0.1)
    for x in (-0.38, 0.25):
        piece.box((x, 0.38, -0.36), (0.13, 0.22, 0.58), fabric, 0.06)
    piece.box((-0.24, 0.38, -0.38), (0.48, 0.12, 0.58), shaded(fabric, 1.06), 0.06)
    piece.box((-0.2, 0.5, 0.06), (0.4, 0.3, 0.13), colors.accent, 0.11)


def low_table(scene: Scene, place: Place, colors: Palette, width: float = 1.1, depth: float = 0.6) -> None:
    piece = scene.piece(*place)
    legs(piece, width - 0.08, depth - 0.08, 0.36, colors.metal, thick=0.035)
    piece.box((-width / 2, 0.36, -depth / 2), (width, 0.045, depth), colors.wood, 0.02)
    piece.box((-width / 2 + 0.12, 0.405, -0.12), (0.3, 0.035, 0.22), colors.linen)
    piece.box((-width / 2 + 0.14, 0.44, -0.1), (0.26, 0.03, 0.18), colors.accent)
    vase(piece, (width / 2 - 0.25, 0.405, 0.05), colors)


def vase(piece: Piece, at: Vector, colors: Palette) -> None:
    profile = [(0.04, 0.0), (0.075, 0.08), (0.05, 0.18), (0.035, 0.22)]
    piece.turned(at, profile, colors.pot)
    foliage(piece, (at[0], at[1] + 0.22, at[2]), 0.17, 9, colors.leaf, seed=3)


def foliage(piece: Piece, at: Vector, reach: float, count: int, color: Color, *, seed: int) -> None:
    """Leaves that rise from a point and bend outwards, the far ones first."""

    def paint() -> None:
        chance = random.Random(seed)
        turns = sorted((chance.uniform(0, math.tau) for _ in range(count)), key=lambda turn: -math.sin(turn))
        for turn in turns:
            size = reach * chance.uniform(0.5, 1.25), reach * chance.uniform(1.1, 1.9)
            _leaf(piece, at, turn, size, shaded(color, chance.uniform(0.75, 1.25)))

    low = at[0] - reach, at[1], at[2] - reach
    piece.solid(low, (at[0] + reach, at[1] + 1.8 * reach, at[2] + reach), paint)


def _leaf(piece: Piece, at: Vector, turn: float, size: tuple[float, float], color: Color) -> None:
    x, y, z = at
    reach, rise = size
    out, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    sides: list[list[Vector]] = [[], []]
    for step in range(9):
        way = step / 8
        far, up = reach * way**1.4, rise * math.sin(way * 1.9)
        broad = rise * 0.1 * math.sin(math.pi * min(1.0, 0.1 + way * 0.9))
        for side, points in zip((-1, 1), sides, strict=True):
            points.append(
                (
                    x + out[0] * far + across[0] * broad * side,
                    y + up,
                    z + out[1] * far + across[1] * broad * side,
                )
            )
    middle = [((a[0] + b[0]) / 2, a[1], (a[2] + b[2]) / 2) for a, b in zip(*sides, strict=True)]
    for points, factor in ((sides[0], 1.0), (sides[1], 0.86)):
        piece.scene.fill([piece.world(point) for point in [*points, *middle[::-1]]], color, factor)


def plant(scene: Scene, place: Place, colors: Palette, size: float = 1.0) -> None:
    piece = scene.piece(*place)
    pot: list[Spot] = [(0.13 * size, 0.0), (0.18 * size, 0.3 * size), (0.19 * size, 0.34 * size)]
    piece.turned((0, 0, 0), pot, colors.pot)
    foliage(piece, (0, 0.34 * size, 0), 0.46 * size, 19, colors.leaf, seed=round(100 * abs(place[0])))


def floor_lamp(scene: Scene, place: Place, colors: Palette) -> None:
    piece = scene.piece(*place)
    piece.turned((0, 0, 0), [(0.15, 0.0), (0.15, 0.025)], colors.metal)
    piece.turned((0, 0, 0), [(0.016, 0.025), (0.016, 1.3)], colors.metal)
    piece.turned((0, 0, 0), [(0.23, 1.3), (0.17, 1.62)], colors.linen, 1.08)


def table_lamp(piece: Piece, at: Vector, colors: Palette) -> None:
    piece.turned(at, [(0.05, 0.0), (0.07, 0.1), (0.02, 0.2)], colors.accent)
    piece.turned(at, [(0.14, 0.2), (0.1, 0.4)], colors.linen, 1.08)


def nightstand(scene: Scene, place: Place, colors: Palette) -> None:
    piece = scene.piece(*place)
    legs(piece, 0.42, 0.36, 0.12, colors.metal, thick=0.03)
    piece.box((-0.23, 0.12, -0.2), (0.46, 0.4, 0.4), colors.wood, 0.015)
    for low in (0.15, 0.34):
        piece.box((-0.2, low, -0.215), (0.4, 0.15, 0.015), shaded(colors.wood, 1.08))
    table_lamp(piece, (0, 0.52, 0.03), colors)


def bed(scene: Scene, place: Place, colors: Palette, width: float = 1.7) -> None:
    """Its head is at the far end."""
    piece = scene.piece(*place)
    half, length = width / 2, 2.05
    piece.box((-half - 0.06, 0, length / 2), (width + 0.12, 1.1, 0.1), shaded(colors.fabric, 0.95), 0.06)
    legs(piece, width - 0.1, length - 0.1, 0.14, colors.wood, thick=0.06)
    piece.box((-half, 0.14, -length / 2), (width, 0.16, length), colors.wood, 0.03)
    piece.box((-half + 0.03, 0.3, -length / 2 + 0.03), (width - 0.06, 0.2, length - 0.05), colors.linen, 0.07)
    piece.box((-half - 0.02, 0.5, -length / 2), (width + 0.04, 0.06, 1.42), shaded(colors.linen, 0.97), 0.05)
    piece.box((-half - 0.03, 0.56, -length / 2 + 0.1), (width + 0.06, 0.035, 0.6), colors.accent, 0.02)
    for x in (-half + 0.08, 0.04):
        piece.box((x, 0.5, length / 2 - 0.3), (half - 0.12, 0.34, 0.18), shaded(colors.linen, 1.02), 0.12)
        piece.box((x + 0.1, 0.5, length / 2 - 0.5), (half - 0.32, 0.26, 0.15), colors.second, 0.11)


def chair(scene: Scene, place: Place, colors: Palette, seat_height: float = 0.45) -> None:
    piece = scene.piece(*place)
    legs(piece, 0.42, 0.42, seat_height, colors.wood, thick=0.035)
    piece.box((-0.22, seat_height, -0.22), (0.44, 0.06, 0.44), colors.second, 0.03)
    for x in (-0.21, 0.175):
        piece.box((x, seat_height + 0.06, 0.175), (0.035, 0.42, 0.035), colors.wood)
    piece.box((-0.21, seat_height + 0.26, 0.16), (0.42, 0.2, 0.015), colors.wood, 0.02)


def stool(scene: Scene, place: Place, colors: Palette) -> None:
    piece = scene.piece(*place)
    legs(piece, 0.3, 0.3, 0.64, colors.metal, thick=0.025)
    piece.box((-0.14, 0.22, -0.15), (0.28, 0.02, 0.02), colors.metal)
    piece.turned((0, 0, 0), [(0.17, 0.64), (0.18, 0.7)], colors.wood)


def table(scene: Scene, place: Place, colors: Palette, size: tuple[float, float, float]) -> Piece:
    width, height, depth = size
    piece = scene.piece(*place)
    legs(piece, width - 0.12, depth - 0.12, height, colors.wood, thick=0.07)
    piece.box((-width / 2, height, -depth / 2), (width, 0.05, depth), shaded(colors.wood, 1.06), 0.02)
    return piece


def bowl(piece: Piece, at: Vector, colors: Palette) -> None:
    piece.turned(at, [(0.07, 0.0), (0.17, 0.1)], colors.pot)
    x, y, z = at
    for dx, dz, color in (
        (-0.06, 0.03, (206, 84, 54)),
        (0.06, 0.04, (226, 168, 62)),
        (0.0, -0.05, (140, 168, 70)),
    ):
        piece.turned((x + dx, y + 0.1, z + dz), [(0.035, 0.0), (0.05, 0.035), (0.04, 0.07), (0.012, 0.085)], color)


def pendant(scene: Scene, place: Place, colors: Palette) -> None:
    piece = scene.piece(*place)
    piece.turned((0, 0, 0), [(0.26, 1.62), (0.2, 1.76), (0.05, 1.86)], colors.metal)
    piece.turned((0, 0, 0), [(0.008, 1.86), (0.008, 2.5)], colors.metal)


def shelf(scene: Scene, place: Place, colors: Palette, width: float = 0.9, height: float = 1.9) -> None:
    piece, chance = scene.piece(*place), random.Random(round(height * 100))
    for x in (-width / 2, width / 2 - 0.03):
        piece.box((x, 0, -0.16), (0.03, height, 0.32), colors.metal)
    for level in range(5):
        low = 0.08 + level * (height - 0.14) / 4
        piece.box((-width / 2 + 0.03, low, -0.16), (width - 0.06, 0.03, 0.32), colors.wood)
        x = -width / 2 + 0.06
        while level < 4 and x < width / 2 - 0.3:
            broad, tall = chance.uniform(0.03, 0.07), chance.uniform(0.18, 0.28)
            color = chance.choice([colors.accent, colors.second, colors.linen, colors.fabric])
            piece.box((x, low + 0.03, -0.1), (broad, tall, 0.2), shaded(color, chance.uniform(0.8, 1.1)))
            x += broad + chance.choice([0.004, 0.004, 0.16])


def desk_chair(scene: Scene, place: Place, colors: Palette) -> None:
    piece = scene.piece(*place)
    piece.turned((0, 0, 0), [(0.3, 0.03), (0.06, 0.1)], colors.metal)
    piece.turned((0, 0, 0), [(0.03, 0.1), (0.03, 0.44)], colors.metal)
    piece.box((-0.25, 0.44, -0.25), (0.5, 0.09, 0.5), colors.fabric, 0.05)
    piece.box((-0.03, 0.5, 0.26), (0.06, 0.2, 0.03), colors.metal)
    piece.box((-0.23, 0.58, 0.2), (0.46, 0.5, 0.06), colors.fabric, 0.06)


def basket(scene: Scene, place: Place, colors: Palette) -> None:
    piece = scene.piece(*place)
    piece.turned((0, 0, 0), [(0.15, 0.0), (0.19, 0.2), (0.18, 0.34)], (190, 152, 104))
    for height, color in ((0.34, colors.accent), (0.41, colors.linen), (0.48, colors.second)):
        piece.box((-0.12, height, -0.1), (0.24, 0.07, 0.2), color, 0.03)


def towel_ladder(scene: Scene, place: Place, colors: Palette) -> None:
    piece = scene.piece(*place)
    for x in (-0.26, 0.22):
        piece.box((x, 0, 0), (0.04, 1.7, 0.04), colors.wood)
    for level in range(5):
        piece.box((-0.22, 0.3 + level * 0.32, 0.005), (0.44, 0.03, 0.03), colors.wood)
    for low, color in ((0.45, colors.second), (1.02, colors.linen)):
        piece.box((-0.2, low, -0.03), (0.4, 0.5, 0.03), color, 0.02)


def bench(scene: Scene, place: Place, colors: Palette, width: float = 1.1) -> None:
    piece = scene.piece(*place)
    legs(piece, width - 0.06, 0.34, 0.4, colors.metal, thick=0.035)
    piece.box((-width / 2, 0.4, -0.2), (width, 0.05, 0.4), colors.wood, 0.02)
    piece.box((-width / 2 + 0.02, 0.45, -0.19), (width * 0.6, 0.06, 0.37), colors.second, 0.03)


def coat_rack(scene: Scene, place: Place, colors: Palette) -> None:
    piece = scene.piece(*place)
    piece.turned((0, 0, 0), [(0.18, 0.0), (0.17, 0.03)], colors.wood)
    piece.turned((0, 0, 0), [(0.025, 0.03), (0.02, 1.75)], colors.wood)
    piece.box((-0.2, 1.6, -0.015), (0.4, 0.03, 0.03), colors.wood)
    piece.box((-0.3, 0.85, -0.1), (0.24, 0.76, 0.1), colors.fabric, 0.07)
    piece.box((0.05, 1.02, -0.1), (0.22, 0.6, 0.1), colors.accent, 0.07)


def parasol(scene: Scene, place: Place, colors: Palette) -> None:
    piece = scene.piece(*place)
    piece.turned((0, 0, 0), [(0.26, 0.0), (0.24, 0.08)], colors.metal)
    piece.turned((0, 0, 0), [(0.025, 0.08), (0.025, 2.1)], colors.wood)
    piece.turned((0, 0, 0), [(1.25, 2.1), (0.75, 2.34), (0.03, 2.5)], colors.linen)
