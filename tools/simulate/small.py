"""The same model for one small machine: no limits of AWS, only so many processors and so much work for each image."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Foreseen:
    """Images a minute, and seconds that the last image waits for those before it."""

    per_minute: float
    wait_seconds: float
    saturated: bool


def foresee(
    rate: float, photos: int, *, cores: float, cpu_seconds: float, at_once: float, alone_seconds: float
) -> Foreseen:
    """`rate` images a minute for `photos` images, each of which takes so much CPU, and so long when it is alone.

    `at_once`: workers for each function; an image needs one of them at a time.
    """
    capacity = min(cores / cpu_seconds, at_once * 3 / alone_seconds) * 60
    if rate <= capacity:
        return Foreseen(rate, 0.0, False)
    return Foreseen(capacity, photos * 60 * (1 / capacity - 1 / rate), True)
