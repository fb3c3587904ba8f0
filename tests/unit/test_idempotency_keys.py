"""What an Idempotency-Key may be, which requests are the same, and the ids that come of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.errors import IdempotencyKeyReusedError, ValidationFailedError
from realstaging.idempotency import IdempotentRequest, check_key, fingerprint
from realstaging.jobs.builder import RequestContext
from realstaging.stores.idempotency import IdempotencyStore, StoredAnswer
from tests.support.rows import NOW
from tests.support.upload_plans import TERMS

BODIES = st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.integers(), max_size=3), max_size=4)


class Unread(IdempotencyStore):
    """Nothing is looked up."""

    def __init__(self) -> None: ...


def once(
    key: str | None = "key", mark: str = "a", *, owner: str = "alice", found: StoredAnswer | None = None
) -> IdempotentRequest:
    return IdempotentRequest(owner, key, mark, NOW, Unread(), found)


@pytest.mark.parametrize("key", ["a", " ", "~" * 255, "1/2#3"])
def test_a_key_of_1_to_255_printable_characters_is_taken_as_it_is(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize("key", ["", "a" * 256, "a\n", "\x7f", "é"])
def test_any_other_key_is_refused(key: str) -> None:
    with pytest.raises(ValidationFailedError):
        check_key(key)


def test_no_key_is_no_key() -> None:
    assert check_key(None) is None
    assert once(None).seed is None
    assert once(None).earlier() is None


@given(BODIES)
def test_the_order_of_keys_does_not_make_another_request(body: dict[str, object]) -> None:
    other = dict(reversed(body.items()))

    assert fingerprint("POST", "/v1/jobs", body) == fingerprint("POST", "/v1/jobs", json.loads(json.dumps(other)))


@given(BODIES, BODIES)
def test_requests_that_differ_have_other_fingerprints(one: dict[str, object], two: dict[str, object]) -> None:
    marks = {fingerprint("POST", "/v1/jobs", body) for body in (one, two)}

    assert len(marks) == (1 if one == two else 2)
    assert fingerprint("PUT", "/v1/jobs", one) not in marks
    assert fingerprint("POST", "/v1/uploads", one) not in marks


def test_the_same_request_makes_the_same_ids_and_any_other_makes_others() -> None:
    def ids(each: IdempotentRequest, at: datetime = NOW) -> list[str]:
        return RequestContext(each.owner, at, TERMS, "", "", each.seed).ids("job", 3)

    same = ids(once())

    assert ids(once()) == same
    for other in (once("key 2"), once(mark="b"), once(owner="bob"), once(None)):
        assert not set(ids(other)) & set(same)
    assert not set(ids(once(), NOW + timedelta(milliseconds=1))) & set(same)


def test_a_found_answer_is_given_again_to_the_same_request_only() -> None:
    found = StoredAnswer("a", 201, {"id": "prj_1"}, datetime(2026, 1, 1, tzinfo=UTC))

    earlier = once(found=found).earlier()
    assert earlier is not None
    assert (earlier.status, earlier.body, earlier.replayed) == (201, {"id": "prj_1"}, True)
    with pytest.raises(IdempotencyKeyReusedError):
        once(mark="b", found=found).earlier()
