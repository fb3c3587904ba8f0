"""Random histories of one owner's photos: after every step the books are right and nobody paid for nothing."""

import pytest

from tests.support.history import History
from tests.support.world import World

STEPS = 32


@pytest.mark.parametrize("seed", [0, 1, 3, 4, 5])
def test_whatever_happens_in_whatever_order_the_books_are_right(world: World, seed: int) -> None:
    world.clock.at = world.clock.at.replace(day=1)  # all of it in one period
    history, steps = History(world, seed), []

    for _ in range(STEPS):
        steps.append(history.step())
        try:
            history.check()
        except AssertionError as error:
            raise AssertionError(f"after {steps}") from error

    assert history.moved
