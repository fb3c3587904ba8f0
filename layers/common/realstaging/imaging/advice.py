"""What a look at the photo says before it is paid for: facts that often spoil a staging, never a refusal."""

from PIL import Image, ImageFilter, ImageStat

from realstaging.models.images import Advice

# Mean of the brightness, 0 to 255.
_DARK = 45
# A sharp picture has edges somewhere: the strength that one pixel in a thousand reaches, of a Laplacian.
_BLURRED, _LOOKED_AT = 14, 0.001
# Less contrast than this is no picture to judge by its edges.
_FLAT = 6
# Share of the picture within even borders, and how even those are.
_WINDOW, _EVEN = 0.5, 10
_EDGE_WIDTH = 1024


def advice(master: Image.Image, thumbnail: Image.Image) -> list[Advice]:
    gray = thumbnail.convert("L")
    found = []
    left, top, right, bottom = _window(gray)
    if ImageStat.Stat(gray.crop((left, top, right, bottom))).mean[0] < _DARK:
        found.append(
            Advice(code="very_dark", detail="The photo is very dark. Brighten it, or take it with more light.")
        )
    if _is_blurred(master):
        found.append(Advice(code="blurred", detail="The photo is blurred. Take it again with a steady camera."))
    if (share := (right - left) * (bottom - top) / (gray.width * gray.height)) < _WINDOW:
        text = f"The room fills {share:.0%} of the picture; the rest is an even border, as in a screenshot. Crop it."
        found.append(Advice(code="small_window", detail=text))
    return found


def _is_blurred(master: Image.Image) -> bool:
    factor = max(max(master.size) // _EDGE_WIDTH, 1)
    gray = master.reduce(factor).convert("L")
    if ImageStat.Stat(gray).stddev[0] < _FLAT:
        return False
    edges = gray.filter(ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 4, -1, 0, -1, 0), scale=1, offset=128))
    edges = edges.crop((1, 1, edges.width - 1, edges.height - 1))
    histogram, wanted, seen = edges.histogram(), _LOOKED_AT * edges.width * edges.height, 0
    for strength in range(127, 0, -1):
        seen += histogram[128 + strength] + histogram[128 - strength]
        if seen >= wanted:
            return strength < _BLURRED
    return True


def _window(gray: Image.Image) -> tuple[int, int, int, int]:
    """The picture without even bars above and below, left and right."""
    top, bottom = _bars(gray)
    left, right = _bars(gray.transpose(Image.Transpose.TRANSPOSE))
    return left, top, gray.width - right, gray.height - bottom


def _bars(gray: Image.Image) -> tuple[int, int]:
    """How many even rows of one tone are at the start and at the end; none unless both are there."""
    data, width = gray.tobytes(), gray.width
    rows = [(min(row), max(row)) for row in (data[at : at + width] for at in range(0, len(data), width))]
    tone = rows[0][0]

    def is_even(row: tuple[int, int]) -> bool:
        return row[1] - row[0] <= _EVEN and abs(row[0] - tone) <= _EVEN

    start = next((n for n, row in enumerate(rows) if not is_even(row)), len(rows))
    end = next((n for n, row in enumerate(reversed(rows)) if not is_even(row)), len(rows))
    return (start, end) if start and end and start < len(rows) else (0, 0)
