"""The eight rooms: what they are made of, where the light comes from, where one stands."""

import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from samples import surfaces
from samples.space import AHEAD, RIGHT, UP, Camera, Colour, Flat, Vector, rectangle, shaded

LANDSCAPE, PORTRAIT, CLASSIC = (1536, 1024), (1024, 1536), (1600, 1200)


class Shell:
    """Floor, ceiling and three walls; the fourth is behind the eye. The origin is the near left corner."""

    def __init__(
        self, width: float, height: float, depth: float, *, wall: Colour, floor: Flat, ceiling: Colour
    ) -> None:
        self.width, self.height, self.depth = width, height, depth
        self.floor = floor
        self.ceiling = surfaces.plaster(width, depth, ceiling, 1)
        self.left = surfaces.plaster(depth, height, shaded(wall, 0.93), 2)
        self.right = surfaces.plaster(depth, height, shaded(wall, 0.97), 3)
        self.back = surfaces.plaster(width, height, wall, 4)
        self.floor.corners(0.92)
        self.ceiling.corners(1.0, 0.3)

    def skirting(self, colour: Colour = surfaces.WHITE) -> None:
        for wall in (self.left, self.back, self.right):
            surfaces.skirting(wall, colour)

    def show(self, camera: Camera) -> Camera:
        for wall in (self.left, self.back, self.right):
            wall.corners(1.02, 0.3)
        camera.place(self.ceiling, (0, self.height, 0), RIGHT, AHEAD)
        camera.place(self.floor, (0, 0, 0), RIGHT, AHEAD)
        camera.place(self.left, (0, 0, 0), AHEAD, UP)
        camera.place(self.right, (self.width, 0, 0), AHEAD, UP)
        camera.place(self.back, (0, 0, self.depth), RIGHT, UP)
        return camera


def doubled(size: tuple[int, int]) -> tuple[int, int]:
    return size[0] * 2, size[1] * 2


def living_room() -> Image.Image:
    oak = surfaces.boards(5.4, 6.2, (196, 154, 108), 11)
    room = Shell(5.4, 2.7, 6.2, wall=(233, 228, 218), floor=oak, ceiling=(246, 245, 241))
    room.skirting()
    surfaces.window(room.back, 1.5, 0.85, 2.3, 1.55, view=12, panes=(3, 1))
    surfaces.door(room.right, 4.2, width=0.9)
    room.ceiling.light(rectangle(1.2, 4.6, 3, 1.8), 1.06, 0.5)
    room.left.light(rectangle(3.2, 0.4, 2.4, 1.9), 1.07, 0.6)
    surfaces.sunbeam(room.floor, [(1.3, 3.1), (2.0, 3.1), (2.5, 4.9), (1.9, 4.9)])
    surfaces.sunbeam(room.floor, [(2.2, 3.1), (2.9, 3.1), (3.2, 4.9), (2.6, 4.9)])
    surfaces.sunbeam(room.floor, [(3.1, 3.1), (3.8, 3.1), (3.9, 4.9), (3.3, 4.9)])
    return room.show(Camera(doubled(LANDSCAPE), at=(2.45, 1.5, 0.2), turn=2, focal=0.72)).canvas


def bedroom() -> Image.Image:
    ash = surfaces.boards(4.4, 4.8, (214, 190, 158), 21, broad=0.14)
    room = Shell(4.4, 2.6, 4.8, wall=(203, 210, 198), floor=ash, ceiling=(247, 246, 243))
    room.skirting()
    surfaces.window(room.left, 2.0, 0.7, 1.5, 1.6, view=22, panes=(2, 1))
    surfaces.door(room.right, 3.35, width=0.85, panels=3)
    room.back.light(rectangle(0.2, 0.3, 2.2, 2), 1.06, 0.7)
    surfaces.sunbeam(room.floor, [(0.7, 1.7), (2.1, 1.2), (2.1, 1.9), (0.7, 2.45)])
    surfaces.sunbeam(room.floor, [(0.7, 2.6), (2.1, 2.05), (2.1, 2.75), (0.7, 3.35)])
    return room.show(Camera(doubled(CLASSIC), at=(2.7, 1.45, 0.1), turn=-9, focal=0.74)).canvas


def kitchen() -> Image.Image:
    board = surfaces.tiles(4.6, 5.0, ((226, 221, 210), (196, 190, 178)), 31, size=(0.4, 0.4), grout=(176, 170, 160))
    room = Shell(4.6, 2.6, 5.0, wall=(240, 236, 227), floor=board, ceiling=(248, 247, 244))
    surfaces.skirting(room.right)
    splash = surfaces.tiles(4.6, 0.6, ((228, 234, 232),), 32, size=(0.2, 0.1), grout=(206, 210, 208))
    room.back.paste(splash.image, 0, 0.92)
    surfaces.window(room.back, 2.35, 1.1, 1.3, 1.15, view=33, panes=(2, 1))
    surfaces.door(room.right, 3.2, panels=1, glass=34)
    surfaces.sunbeam(room.floor, [(2.4, 2.4), (3.3, 2.5), (3.4, 3.6), (2.6, 3.6)], strength=0.16)
    room.floor.light(rectangle(0, 3.9, 4.6, 0.6), 0.72, 0.12)
    room.left.light(rectangle(4.3, 0, 0.8, 0.95), 0.82, 0.08)
    room.left.light(rectangle(4.55, 1.45, 0.6, 0.9), 0.84, 0.08)
    camera = room.show(Camera(doubled(LANDSCAPE), at=(2.75, 1.55, 0.1), turn=-5, focal=0.68))
    blue: Colour = (104, 128, 138)
    hung = surfaces.cupboards(2.0, 0.75, 4, blue)
    camera.box((0, 1.55, 4.64), (2.0, 0.75, 0.36), blue, hung)
    fronts = surfaces.cupboards(4.6, 0.78, 8, blue)
    fronts.rect(1.73, 0, 0.58, 0.78, (58, 60, 62))
    fronts.rect(1.79, 0.12, 0.46, 0.4, (30, 32, 34))
    fronts.rect(1.79, 0.62, 0.46, 0.03, (190, 190, 188))
    camera.box((0, 0, 4.46), (4.6, 0.1, 0.54), (52, 54, 56))
    camera.box((0, 0.1, 4.42), (4.6, 0.78, 0.58), blue, fronts)
    worktop = surfaces.boards(4.6, 0.62, (188, 140, 92), 35, broad=0.31, along=False)
    worktop.rect(2.6, 0.12, 0.8, 0.38, (198, 202, 204))
    worktop.rect(2.63, 0.15, 0.74, 0.32, (150, 155, 158))
    worktop.rect(1.74, 0.08, 0.56, 0.48, (34, 35, 38))
    camera.box((0, 0.88, 4.38), (4.6, 0.04, 0.62), (176, 130, 84), top=worktop)
    camera.box((3.0, 0.92, 4.9), (0.04, 0.28, 0.04), (186, 190, 192))
    camera.box((3.0, 1.16, 4.7), (0.04, 0.04, 0.2), (206, 210, 212))
    return camera.canvas


def bathroom() -> Image.Image:
    slate = surfaces.tiles(3.2, 4.2, ((112, 118, 122), (104, 110, 114)), 41, size=(0.45, 0.45), grout=(84, 88, 92))
    room = Shell(3.2, 2.5, 4.2, wall=(238, 238, 234), floor=slate, ceiling=(248, 248, 246))
    for number, wall in enumerate((room.left, room.back, room.right)):
        half = surfaces.tiles(
            wall.width, 1.35, ((206, 224, 220),), 42 + number, size=(0.3, 0.15), grout=(228, 234, 232)
        )
        wall.paste(half.image, 0, 0)
        wall.rect(0, 1.35, wall.width, 0.05, (150, 182, 178))
    surfaces.window(room.back, 1.3, 1.5, 0.9, 0.75, view=45, panes=(1, 1))
    room.right.rect(2.2, 1.2, 0.85, 0.95, (196, 202, 204))
    room.right.rect(2.23, 1.23, 0.79, 0.89, (218, 226, 230))
    room.right.light([(2.3, 1.25), (2.55, 1.25), (2.95, 2.1), (2.7, 2.1)], 1.1, 0.05)
    room.floor.light(rectangle(0.9, 2.6, 1.6, 1.2), 1.15, 0.5)
    room.floor.light(rectangle(-0.2, 2.2, 1.05, 2.2), 0.7, 0.12)
    camera = room.show(Camera(doubled(PORTRAIT), at=(1.75, 1.5, -0.75), turn=-2, focal=0.86, horizon=0.44))
    tub = Flat(0.85, 1.9, (250, 250, 248))
    tub.polygon(surfaces.rounded(0.09, 0.1, 0.67, 1.7, 0.25), (206, 212, 212))
    tub.polygon(surfaces.rounded(0.12, 0.14, 0.61, 1.62, 0.24), (228, 232, 232))
    tub.ellipse(0.42, 1.5, 0.03, 0.03, (150, 154, 156))
    camera.box((0, 0, 2.3), (0.85, 0.55, 1.9), (246, 246, 244), top=tub)
    camera.box((2.62, 0.45, 2.2), (0.58, 0.3, 0.9), (176, 138, 98), surfaces.cupboards(0.58, 0.3, 1, (182, 144, 104)))
    basin = Flat(0.62, 0.94, (252, 252, 250))
    basin.polygon(surfaces.rounded(0.1, 0.12, 0.4, 0.7, 0.15), (214, 220, 220))
    camera.box((2.58, 0.75, 2.18), (0.62, 0.1, 0.94), (248, 248, 246), top=basin)
    camera.box((3.08, 0.85, 2.62), (0.04, 0.22, 0.04), (180, 186, 188))
    camera.box((2.92, 1.04, 2.62), (0.2, 0.03, 0.04), (206, 210, 212))
    return camera.canvas


def dining_room() -> Image.Image:
    walnut = surfaces.herringbone(5.0, 5.4, (160, 112, 74), 51)
    room = Shell(5.0, 2.8, 5.4, wall=(214, 170, 144), floor=walnut, ceiling=(247, 244, 238))
    for wall in (room.left, room.back, room.right):
        surfaces.panelling(wall, 0.95, (238, 233, 224), max(4, round(wall.width / 0.8)))
    surfaces.window(room.right, 2.3, 1.0, 1.1, 1.4, view=52, panes=(2, 2))
    surfaces.window(room.right, 3.8, 1.0, 1.1, 1.4, view=53, panes=(2, 2))
    surfaces.door(room.back, 1.2, width=1.6, height=2.25, panels=3, leaves=2)
    surfaces.sunbeam(room.floor, [(1.8, 1.9), (3.9, 2.5), (3.9, 3.2), (1.8, 2.7)], strength=0.26)
    surfaces.sunbeam(room.floor, [(1.8, 3.2), (3.9, 3.8), (3.9, 4.6), (1.8, 4.1)], strength=0.26)
    room.left.light(rectangle(2.4, 0.9, 2.2, 1.5), 1.08, 0.6)
    return room.show(Camera(doubled(LANDSCAPE), at=(2.0, 1.5, 0.1), turn=8, focal=0.7)).canvas


def office() -> Image.Image:
    grey = surfaces.boards(4.8, 4.6, (176, 160, 142), 61, broad=0.22)
    room = Shell(4.8, 2.7, 4.6, wall=(236, 236, 234), floor=grey, ceiling=(248, 248, 247))
    room.back.rect(0, 0, 4.8, 2.7, (72, 96, 108))
    surfaces.roughen(room.back, 62, 0.03, 30)
    room.skirting((236, 236, 234))
    surfaces.window(room.left, 1.2, 0.35, 2.6, 2.05, view=63, panes=(3, 1), frame=(62, 64, 66))
    surfaces.door(room.back, 3.45, colour=(226, 224, 219))
    room.back.light(rectangle(0, 0.2, 1.8, 2.3), 1.22, 0.7)
    for start in (1.0, 1.9, 2.8):
        surfaces.sunbeam(
            room.floor, [(0.5, start), (2.6, start - 0.7), (2.6, start), (0.5, start + 0.75)], strength=0.26
        )
    return room.show(Camera(doubled(CLASSIC), at=(3.1, 1.45, 0.1), turn=-12, focal=0.74)).canvas


def hallway() -> Image.Image:
    oak = surfaces.boards(1.9, 8.4, (186, 142, 96), 71, broad=0.16)
    room = Shell(1.9, 2.7, 8.4, wall=(226, 220, 208), floor=oak, ceiling=(247, 245, 240))
    for wall in (room.left, room.right):
        surfaces.panelling(wall, 0.9, (240, 238, 232), 12)
    surfaces.skirting(room.back)
    surfaces.door(room.back, 0.45, width=1.0, height=2.1, colour=(68, 96, 88), panels=1, glass=72)
    for place in (2.6, 5.6):
        surfaces.door(room.left, place, width=0.85)
    surfaces.door(room.right, 4.2, width=0.85)
    for place in (1.6, 4.0, 6.4):
        room.ceiling.ellipse(0.95, place, 0.09, 0.09, (255, 252, 240))
        room.ceiling.light(rectangle(0.5, place - 0.45, 0.9, 0.9), 1.05, 0.25)
        room.floor.light(rectangle(0.35, place - 0.5, 1.2, 1.2), 1.2, 0.4, (255, 240, 214))
    room.floor.light(rectangle(0.5, 5.6, 0.9, 3), 1.3, 0.35, (255, 246, 228))
    return room.show(Camera(doubled(PORTRAIT), at=(0.95, 1.5, -0.3), turn=0, focal=0.72, horizon=0.45)).canvas


def terrace() -> Image.Image:
    camera = Camera(doubled(LANDSCAPE), at=(2.9, 1.6, 0), turn=4, focal=0.66, horizon=0.44)
    camera.canvas = _landscape(camera.canvas.size)
    lawn = Flat(44, 18, (128, 158, 92), scale=40)
    surfaces.roughen(lawn, 81, 0.07, 4)
    camera.place(lawn, (-12, -0.5, 4.8), RIGHT, AHEAD)
    hedge = Flat(44, 1.5, (84, 118, 70), scale=100)
    surfaces.roughen(hedge, 82, 0.2, 7)
    hedge.light(rectangle(0, 0, 44, 0.5), 0.7, 0.3)
    camera.place(hedge, (-10, -0.5, 15), RIGHT, UP)
    deck = surfaces.boards(7.2, 5.2, (172, 132, 96), 83, broad=0.15, along=False)
    deck.light([(0, 0), (1.5, 0), (2.6, 5.2), (0, 5.2)], 0.66, 0.1)
    camera.place(deck, (0, 0, 0), RIGHT, AHEAD)
    house = surfaces.boards(5.2, 3.2, (226, 222, 212), 84, broad=0.18, along=False)
    surfaces.door(house, 1.9, width=1.1, height=2.2, panels=1, glass=85, colour=(70, 74, 76))
    surfaces.door(house, 3.2, width=1.1, height=2.2, panels=1, glass=86, colour=(70, 74, 76))
    house.corners(1.0, 0.2)
    camera.place(house, (0, 0, 0), AHEAD, UP)
    _railing(camera)
    return camera.canvas


def _railing(camera: Camera) -> None:
    steel: Colour = (74, 78, 80)
    posts: list[Vector] = [(0.1 + step * 0.14, 0.08, 5.15) for step in range(51)]
    posts += [(7.15, 0.08, 5.15 - step * 0.14) for step in range(34)]
    for at in sorted(posts, key=lambda each: -each[2]):
        camera.box(at, (0.018, 0.9, 0.018), steel)
    for low, high in ((0.06, 0.04), (0.96, 0.05)):
        camera.box((0, low, 5.13), (7.2, high, 0.05), steel)
        camera.box((7.13, low, 0.3), (0.05, high, 4.88), steel)


def _landscape(size: tuple[int, int]) -> Image.Image:
    """Sky with a few clouds and hills that grow pale with distance."""
    chance, (width, height) = random.Random(87), size
    sky = ImageOps.colorize(
        Image.linear_gradient("L").resize(size),
        (122, 172, 220),
        (255, 250, 236),
        (206, 226, 238),
        midpoint=90,
    )
    clouds = Image.new("L", (width // 8, height // 8), 0)
    pen = ImageDraw.Draw(clouds)
    for _ in range(26):
        x, y, reach = chance.uniform(0, width / 8), chance.uniform(8, height / 24), chance.uniform(10, 46)
        pen.ellipse((x - reach, y - reach / 7, x + reach, y + reach / 6), fill=chance.randrange(90, 200))
    sky.paste((255, 255, 255), (0, 0), clouds.filter(ImageFilter.GaussianBlur(5)).resize(size))
    hills = ImageDraw.Draw(sky)
    for level, colour, swing in (
        (0.37, (176, 196, 206), 0.05),
        (0.4, (150, 178, 168), 0.04),
        (0.43, (122, 156, 116), 0.025),
    ):
        line, at = [], level
        for step in range(41):
            at += chance.uniform(-swing, swing) * 0.22 + (level - at) * 0.2
            line.append((step / 40 * width, at * height))
        hills.polygon([*line, (width, height * 0.6), (0, height * 0.6)], fill=colour)
    return sky.filter(ImageFilter.GaussianBlur(3))


ROOMS: dict[str, Callable[[], Image.Image]] = {
    "living-room": living_room,
    "bedroom": bedroom,
    "kitchen": kitchen,
    "bathroom": bathroom,
    "dining-room": dining_room,
    "office": office,
    "hallway": hallway,
    "terrace": terrace,
}
