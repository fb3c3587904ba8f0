"""The simulation: it reads our own numbers, names what is full, and stays within the promises of scale."""

import dataclasses

import pytest

from realstaging.stores import keys
from tools.simulate import day, prices, system, units
from tools.simulate.__main__ import simulated

USAGE = units.per_image(10)
ASSUMED = day.Assumed()


def test_a_day_has_as_many_images_as_its_hours() -> None:
    assert len(day.HOURS) == 24
    assert sum(day.HOURS) == pytest.approx(24)


def test_our_own_numbers_are_read_where_they_are_set() -> None:
    machine = system.read()

    assert machine.due_shards == keys.DUE_SHARDS
    assert machine.runs_per_minute == 600
    assert machine.functions["UploadComplete"].memory_gb == pytest.approx(1769 / 1024)
    assert machine.functions["FinishJob"].at_once


def test_ten_thousand_images_a_day_meet_no_limit() -> None:
    assert simulated(10_000, ASSUMED, system.read())["limits"][0]["load"] < 1
    assert day.queue(system.read(), 10_000).longest == 0


def test_no_partition_is_full_at_ten_million_a_day() -> None:
    found = day.limits(system.read(), USAGE, 10_000_000, ASSUMED)

    partitions = [each for each in found if each.name.startswith("partition")]
    assert len(partitions) > 5
    assert max(each.load for each in partitions) < 1


def test_no_row_has_more_transactions_than_pass_at_ten_million_a_day() -> None:
    machine, images = system.read(), 10_000_000
    found = day.limits(machine, USAGE, images, ASSUMED)

    loads = {each.name.split()[1]: each.load for each in found if each.name.startswith("row ")}
    assert loads.keys() == {"USAGE", "PROJECT"}
    assert max(loads.values()) < 1
    deliveries = day.peak(images) * ASSUMED.largest / machine.aws.transactions_on_a_row
    assert deliveries < loads["PROJECT"] < 1.5 * deliveries  # and an order's for every ten of them


def test_a_thousand_images_do_not_cost_more_where_there_are_many() -> None:
    few, many = (sum(prices.per_thousand(system.read(), USAGE, images).values()) for images in (10_000, 10_000_000))

    assert many <= few * 1.2


def test_a_limit_is_full_where_it_says() -> None:
    machine = system.read()
    first = day.limits(machine, USAGE, 1_000_000, ASSUMED)[0]

    full = day.saturates_at(first, 1_000_000)

    again = next(each for each in day.limits(machine, USAGE, full, ASSUMED) if each.name == first.name)
    assert again.load == pytest.approx(1)


def test_what_is_needed_is_enough() -> None:
    machine, images = system.read(), 1_000_000
    needed = day.needed(machine, images)
    functions = {
        name: dataclasses.replace(function, at_once=needed.get(f"{name} at once", function.at_once))
        for name, function in machine.functions.items()
    }
    enough = dataclasses.replace(machine, functions=functions, runs_per_minute=needed["provider, runs a minute"])

    assert day.queue(machine, images).longest > 0
    assert day.queue(enough, images).longest == 0


def test_a_large_owner_is_the_first_partition_to_be_full() -> None:
    alone = day.limits(system.read(), USAGE, 10_000_000, day.Assumed(largest=0.5))

    full = [each.name for each in alone if each.name.startswith("partition") and each.load > 1]
    assert full[0] == "partition the largest owner's table USER#<id>: write units"
