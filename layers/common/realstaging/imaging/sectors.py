"""What a disk, a memory card or a broken transfer leaves in coded data: blocks of one value, or one block twice."""

from realstaging.imaging.refusals import damaged

_BLOCK = 1024


def check_repeats(coded: bytes) -> None:
    """ImageUnreadableError when two blocks are the same. For the data of an entropy coder only.

    It says nothing twice. In photos two blocks never agree; in pictures of one color, white borders and drawn patterns
    the longest stretch that came back was 227 bytes. Lost blocks, read as zeros or as another block, repeat at once,
    wherever the data begins in them.
    """
    blocks = [coded[at : at + _BLOCK] for at in range(0, len(coded) - _BLOCK + 1, _BLOCK)]
    if len(set(blocks)) < len(blocks):
        raise damaged()
