"""Ids with slashes in addresses, as they are sent and as gateways hand them on."""

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.admin.path_ids import ACTIONS, decoded, in_one_part

IDS = st.from_regex(r"[a-z0-9.-]{1,12}/[a-z0-9.-]{1,12}(/[a-z_]{1,12})?", fullmatch=True)


def places() -> list[tuple[str, str]]:
    return [(collection, action) for collection, actions in ACTIONS.items() for action in ("", *sorted(actions))]


@given(IDS, st.sampled_from(places()))
def test_sent_encoded_or_handed_on_decoded_it_is_the_same_address(id: str, place: tuple[str, str]) -> None:
    collection, action = place
    if not action and id.rpartition("/")[2] in ACTIONS[collection]:
        return  # no id ends in the name of an action
    then = f"/{action}" if action else ""
    whole = f"/v1/admin/{collection}/{quote(id, safe='')}{then}"

    assert in_one_part(whole) == whole
    assert in_one_part(unquote(whole)) == whole
    assert decoded(quote(id, safe="")) == id


@pytest.mark.parametrize(
    "path",
    [
        "/v1/admin/models",
        "/v1/admin/settings",
        "/v1/admin/audit",
        "/v1/admin/users/auth0!7C1",
        "/v1/admin/jobs/job_1/retry",
        "/v1/admin/models/plain/history",
        "/v1/projects/a/b",
        "",
    ],
)
def test_other_addresses_stay_as_they_are(path: str) -> None:
    assert in_one_part(path) == path


def test_an_id_that_was_encoded_twice_is_another_id() -> None:
    assert decoded(in_one_part("/v1/admin/models/a%252Fb").rpartition("/")[2]) == "a%2Fb"
