"""Places over several accounts, as steps: each account keeps its pace, nobody starves, owners take turns."""

from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realstaging.config import Settings
from realstaging.models.provider import Slot, StartSchedule
from realstaging.runs.admission import Admission, Permit, Throttled, usable
from realstaging.stores import keys
from realstaging.stores.provider import ProviderStore
from tests.support import factories
from tests.support.world import World

OWNERS = ("alice", "bob", "carol")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(1, 25)),
        st.tuples(st.just("pass"), st.integers(1, 60_000)),
        st.tuples(st.just("hold"), st.integers(0, 2)),
        st.tuples(st.just("break"), st.integers(0, 2)),
        st.tuples(st.just("mend"), st.integers(0, 2)),
    ),
    max_size=20,
)


class Machine:
    """Jobs of several owners ask for places; the places that were given, by account."""

    def __init__(self, world: World, paces: dict[str, int]) -> None:
        self.world, self.names = world, list(paces)
        self.store = ProviderStore(world.table)
        self.admission = Admission(self.store, lambda seconds: None)
        self.settings = with_paces(world.settings, paces)
        self.job = factories.queued(world)[1][0]
        self.taken: dict[str, list[Slot]] = {name: [] for name in paces}
        self.by_owner = Counter[str]()
        for name in paces:
            for key in (keys.pace(name), keys.breaker(name), *(keys.place(owner, name) for owner in OWNERS)):
                world.table.delete_item(Key=key)

    def ask(self, owner: str) -> Slot | None:
        at, job = self.world.clock.at, self.job.model_copy(update={"owner": owner, "slot": None})
        state = self.store.read_state(owner, job.id, self.names)
        accounts = usable(state, self.settings, at)
        if not accounts:
            return None
        answer: Permit | Throttled = self.admission.admit(state, job, self.settings, at, accounts=accounts)
        slot = answer.slot
        if slot:
            self.taken[slot.account].append(slot)
            self.by_owner[owner] += 1
        return slot

    def step(self, what: str, size: int) -> None:
        account = self.store.of(self.names[size % len(self.names)])
        at = self.world.clock.at
        if what == "pass":
            self.world.clock.forward(milliseconds=size)
        elif what == "hold":
            account.hold(at, 20)
        elif what == "break":
            account.open("account", at, 60)
        elif what == "mend" and (breaker := account.breaker()).until:
            account.close(breaker)
        elif what == "ask":
            for number in range(size):
                self.ask(OWNERS[number % len(OWNERS)])


def with_paces(told: Settings, paces: dict[str, int]) -> Settings:
    [first, *others] = paces
    assert first == "default"
    accounts = {name: {"creations_per_minute": paces[name]} for name in others}
    data = told.model_dump()
    data["replicate"] |= {"creations_per_minute": paces[first], "accounts": accounts}
    return Settings.model_validate(data)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=STEPS,
    paces=st.tuples(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 3000)),
    window=st.integers(1, 120),
)
def test_each_account_keeps_its_pace_and_who_goes_on_asking_gets_a_place(
    world: World, steps: list[tuple[str, int]], paces: tuple[int, int, int], window: int
) -> None:
    machine = Machine(world, dict(zip(("default", "second", "third"), paces, strict=True)))
    for what, size in steps:
        machine.step(what, size)

    for name, per_minute in zip(machine.names, paces, strict=True):
        times = sorted(slot.at / 1_000_000 for slot in machine.taken[name])
        for first in times:
            assert sum(first <= each < first + window for each in times) <= per_minute * window / 60 + 1

    # One account is enough: whoever is without a place gets one as soon as the others' places let it.
    machine.step("mend", 0)
    asked = 0
    while machine.ask("dave") is None:
        world.clock.forward(seconds=30)
        asked += 1
        assert asked <= 12, "a horizon of the slowest pace is four minutes"


def test_an_account_that_is_out_is_not_asked_and_the_others_have_its_share(world: World) -> None:
    machine = Machine(world, {"default": 60, "second": 60, "third": 60})
    machine.store.of("second").open("account", world.clock.at, 900)

    for _ in range(60):
        machine.step("ask", 6)
        world.clock.forward(milliseconds=500)

    given_to = {name: len(slots) for name, slots in machine.taken.items()}
    # Half a minute, and as far ahead as owners' places reach.
    assert given_to["second"] == 0
    assert given_to["default"] == given_to["third"] >= 45


def test_owners_take_turns_over_all_accounts_however_often_one_of_them_asks(world: World) -> None:
    machine = Machine(world, {"default": 60, "second": 30})
    later = Counter[str]()
    for round_ in range(120):
        before = machine.by_owner.copy()
        for owner in ("alice", "alice", "alice", "bob"):
            machine.ask(owner)
        world.clock.forward(milliseconds=500)
        if round_ >= 60:
            later.update(machine.by_owner - before)

    # Thirty seconds at 90 a minute.
    assert sum(later.values()) in range(43, 48)
    assert abs(later["alice"] - later["bob"]) <= 2


def test_a_place_is_of_the_account_whose_next_one_comes_first(world: World) -> None:
    machine = Machine(world, {"default": 6, "second": 600})
    until = world.clock.at + timedelta(seconds=5)

    slots = [machine.ask(owner) for owner in OWNERS for _ in range(4)]

    times = {
        name: [state.time_of(slot) for slot in slots if slot and slot.account == name]
        for name, state in _paces(machine)
    }
    assert len(times["default"]) <= 1
    assert all(time <= until for time in times["second"])


def _paces(machine: Machine) -> list[tuple[str, StartSchedule]]:
    state = machine.store.read_state("alice", machine.job.id, machine.names)
    return [(name, each.pace) for name, each in state.accounts.items()]
