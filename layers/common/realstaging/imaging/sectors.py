"""What a disk, a memory card or a broken transfer leaves in coded data: blocks of one value, or one block twice."""

from realstaging.imaging.refusals import damaged

_BLOCK = 1024
# Of a wide area of one color, or of a drawn pattern, coders write the same few bytes again and again.
_LONGEST_CYCLE, _SAMPLE = 256, 32
# Whole blocks of one value, one behind the other: of 4 KiB, the smallest part that memory cards lose, three lie within.
_LOST_IN_A_ROW = 3


def check_repeats(coded: bytes) -> None:
    """ImageUnreadableError when two blocks are the same. For the data of an entropy coder only.

    It says nothing twice, and in photos two blocks never agree. Where an area is so even that the coder falls into a
    cycle, the cycle is short: the longest seen, of a checkerboard, was 201 bytes. One value again and again comes from
    such areas as well, for 2 KiB at most (the lossless WebP of libwebp's method 0 goes on for longer: that is refused).
    Lost blocks, read as zeros or as another block, repeat wherever the data begins in them.
    """
    seen: set[bytes] = set()
    in_a_row = 0
    for at in range(0, len(coded) - _BLOCK + 1, _BLOCK):
        block = coded[at : at + _BLOCK]
        cycle = _cycle(block)
        in_a_row = in_a_row + 1 if cycle == 1 else 0
        if in_a_row == _LOST_IN_A_ROW or (not cycle and block in seen):
            raise damaged()
        seen.add(block)


def _cycle(block: bytes) -> int:
    """After how many bytes the block repeats itself; 0 where it does not."""
    length = block.find(block[:_SAMPLE], 1)
    return length if 0 < length <= _LONGEST_CYCLE and block[length:] == block[:-length] else 0
