"""The drawn stagings: right shape, furniture to be seen, never to be taken for a real one."""

import io

import pytest
from PIL import Image, ImageChops, ImageStat

from standins.replicate.drawing import Order, draw
from standins.replicate.drawing.order import PictureError
from standins.replicate.drawing.picture import floor_line, opened, size_for
from tests.support.webhook_receiver import jpeg


def staged(prompt: str, seed: int = 1, room: bytes | None = None) -> Image.Image:
    return Image.open(io.BytesIO(draw(room or jpeg(), Order(prompt, seed, output_format="png"))))


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize(
    ("given", "aspect_ratio", "size"),
    [
        ((1536, 1024), "match_input_image", (1248, 832)),
        ((1024, 1536), "match_input_image", (832, 1248)),
        ((4032, 3024), "match_input_image", (1184, 880)),
        ((300, 200), "match_input_image", (1248, 832)),
        ((300, 200), "1:1", (1024, 1024)),
        ((300, 200), "16:9", (1360, 768)),
        ((300, 200), "3:4", (880, 1184)),
    ],
)
def test_results_are_a_megapixel_on_a_grid_of_16(
    given: tuple[int, int], aspect_ratio: str, size: tuple[int, int]
) -> None:
    assert size_for(*given, aspect_ratio) == size


def test_furniture_stands_in_the_room_and_the_upper_wall_stays() -> None:
    before = opened(jpeg(), "match_input_image")
    after = staged("a modern living room")
    assert after.size == before.size
    width, height = after.size
    lower, above = (0, height // 2, width, height), (width // 2, 0, width, height // 5)
    assert difference(before.crop(lower), after.crop(lower)) > 30
    assert difference(before.crop(above), after.crop(above)) < 1


def test_every_result_is_marked_as_a_sample() -> None:
    before = opened(jpeg(), "match_input_image")
    corner = (0, 0, before.width // 3, before.height // 3)
    assert difference(before.crop(corner), staged("a kitchen").crop(corner)) > 60


def test_rooms_styles_and_seeds_differ_and_the_same_order_gives_the_same_picture() -> None:
    prompts = ["a modern living room", "a modern bedroom", "a modern kitchen", "a modern bathroom"]
    prompts += ["a modern dining room", "a modern office", "a modern entryway", "a modern terrace, outdoor"]
    prompts += ["an industrial living room", "a scandinavian living room"]
    pictures = [staged(prompt) for prompt in prompts] + [staged(prompts[0], seed) for seed in (2, 3)]
    for number, one in enumerate(pictures):
        for other in pictures[:number]:
            assert difference(one, other) > 1
    assert difference(pictures[0], staged(prompts[0])) == 0


def test_the_first_room_named_is_furnished() -> None:
    one = staged("Stage this bedroom; keep the door to the kitchen clear")
    assert difference(one, staged("a bedroom")) == 0


def test_the_floor_is_found() -> None:
    assert abs(floor_line(opened(jpeg(), "match_input_image")) - 0.68) < 0.05


@pytest.mark.parametrize("size", [(2000, 300), (300, 1200), (16, 16)])
def test_any_shape_is_furnished(size: tuple[int, int]) -> None:
    assert staged("a living room", room=jpeg(*size)).size == size_for(*size, "match_input_image")


def test_a_turned_phone_picture_is_staged_upright() -> None:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(io.BytesIO(jpeg(600, 400))).save(file, "JPEG", exif=exif)
    assert staged("a living room", room=file.getvalue()).size == (832, 1248)


@pytest.mark.parametrize("room", [b"", b"not a picture", jpeg()[:900]])
def test_what_is_no_picture_is_refused(room: bytes) -> None:
    with pytest.raises(PictureError):
        draw(room, Order("a living room", 1))
