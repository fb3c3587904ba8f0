"""Who waits for a worker gets one in order."""

import threading

import pytest

from local.permits import Places
from tests.contract.conftest import eventually

pytestmark = pytest.mark.contract


def test_places_go_on_in_order_of_arrival() -> None:
    places, order, threads = Places(1), list[int](), list[threading.Thread]()

    def take(number: int) -> None:
        with places.taken():
            order.append(number)

    with places.taken():
        for number in range(5):
            threads.append(threading.Thread(target=take, args=(number,)))
            threads[-1].start()
            eventually(lambda: places.waiting() == len(threads))
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_a_place_comes_back_when_its_holder_fails() -> None:
    places = Places(1)
    with pytest.raises(LookupError), places.taken():
        raise LookupError
    with places.taken():
        assert places.waiting() == 0
