"""The issuer's keys: fetched seldom, kept while it is down, and never waited for long."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realstaging.errors import ProviderUnavailableError
from realstaging.gateways import jwks
from realstaging.gateways.jwks import IssuerKeys, UnknownKeyError
from tests.support.loopback_server import (
    Reply,
    Talk,
    by_path,
    hangs_up,
    in_turn,
    never_answers,
    says,
    serving,
    trickles,
    writes,
)
from tests.support.tokens import IDENTITY, public_jwk

KEYS = {"keys": [public_jwk("one")]}
ROTATED = {"keys": [public_jwk("two")]}


@pytest.fixture
def talk() -> Iterator[Talk]:
    with serving(says(200, KEYS)) as talk:
        yield talk


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Time that passes without waiting."""
    clock = {"ahead": 0.0}
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + clock["ahead"])

    def pass_by(seconds: float) -> None:
        clock["ahead"] += seconds

    return pass_by


def _keys(talk: Talk, **given: Any) -> IssuerKeys:
    return IssuerKeys(IDENTITY.model_copy(update={"jwks_url": f"{talk.url}/jwks.json"} | given))


def _found(keys: IssuerKeys, kid: str) -> str:
    try:
        return "none" if keys.find(kid) is None else "a key"
    except UnknownKeyError:
        return "not yet"


def test_a_key_is_fetched_once_however_often_it_is_asked_for(talk: Talk) -> None:
    keys = _keys(talk)

    assert {keys.find("one") is not None for _ in range(50)} == {True}
    assert [asked.path for asked in talk.asked] == ["/jwks.json"]


def test_nothing_is_fetched_before_the_first_token_comes(talk: Talk) -> None:
    _keys(talk)

    assert talk.asked == []


def test_without_a_given_address_the_issuer_says_where_its_keys_are(talk: Talk) -> None:
    found = {"jwks_uri": f"{talk.url}/somewhere/keys"}
    talk.reply = by_path(**{"openid-configuration": says(200, found), "somewhere": says(200, KEYS)})

    assert _keys(talk, jwks_url=None, issuer=f"{talk.url}/").find("one")
    assert [asked.path for asked in talk.asked] == ["/.well-known/openid-configuration", "/somewhere/keys"]


def test_keys_are_fetched_again_after_five_minutes(talk: Talk, later: Callable[[float], None]) -> None:
    keys = _keys(talk)
    keys.find("one")
    later(jwks.KEEP_SECONDS + 1)
    talk.reply = says(200, ROTATED)

    assert keys.find("one") is None
    assert keys.find("two")


def test_unknown_key_ids_do_not_storm_the_issuer(talk: Talk, later: Callable[[float], None]) -> None:
    keys = _keys(talk)
    keys.find("one")

    assert {_found(keys, f"made up {number}") for number in range(200)} == {"not yet"}
    assert len(talk.asked) == 1
    later(jwks.COOLDOWN_SECONDS + 1)
    assert _found(keys, "made up") == "none"
    assert {_found(keys, f"made up {number}") for number in range(200)} == {"not yet"}
    assert len(talk.asked) == 2


def test_within_the_pause_it_is_said_how_long_it_lasts(talk: Talk, later: Callable[[float], None]) -> None:
    keys = _keys(talk)
    keys.find("one")
    later(10)

    with pytest.raises(UnknownKeyError) as unknown:
        keys.find("two")

    assert unknown.value.seconds in (19, 20)


def test_another_key_under_the_same_id_is_found_and_the_old_one_is_gone(
    talk: Talk, later: Callable[[float], None]
) -> None:
    keys = _keys(talk)
    old = keys.find("one")
    assert old
    talk.reply = says(200, {"keys": [public_jwk("two", kid="one")]})

    assert keys.changed("one", old) is None, "asked a moment ago"
    later(jwks.COOLDOWN_SECONDS + 1)
    new = keys.changed("one", old)

    assert new
    assert new.key.public_numbers() == keys.find("one").key.public_numbers()  # type: ignore[union-attr]
    assert keys.changed("one", new) is None


def test_a_changed_key_is_noticed_within_five_minutes_without_a_wrong_signature(
    talk: Talk, later: Callable[[float], None]
) -> None:
    keys = _keys(talk)
    old = keys.find("one")
    talk.reply = says(200, {"keys": [public_jwk("two", kid="one")]})
    later(301)

    new = keys.find("one")

    assert old
    assert new
    assert new.key.public_numbers() != old.key.public_numbers()


def test_wrong_signatures_do_not_storm_the_issuer(talk: Talk, later: Callable[[float], None]) -> None:
    keys = _keys(talk)
    old = keys.find("one")
    assert old

    for _ in range(10):
        later(7)
        for _ in range(20):
            assert keys.changed("one", old) is None

    assert len(talk.asked) <= 1 + 70 // jwks.COOLDOWN_SECONDS


def test_a_new_key_is_taken_up_after_the_cooldown(talk: Talk, later: Callable[[float], None]) -> None:
    keys = _keys(talk)
    keys.find("one")
    talk.reply = says(200, {"keys": KEYS["keys"] + ROTATED["keys"]})
    later(jwks.COOLDOWN_SECONDS + 1)

    assert keys.find("two")
    assert keys.find("one")


BROKEN: dict[str, Reply] = {
    "500": says(500, b"oops"),
    "404": says(404, KEYS),
    "no answer": never_answers,
    "hangs up": hangs_up,
    "not JSON": says(200, b"<html>maintenance</html>"),
    "cut off": says(200, b'{"keys": [{'),
    "not UTF-8": says(200, b"\xff\xfe\x00"),
    "null": says(200, b"null"),
    "a list": says(200, [KEYS]),
    "a text": says(200, b'"keys"'),
    "no keys": says(200, {"keys": []}),
    "keys of another kind": says(200, {"keys": "one"}),
    "keys that are none": says(200, {"keys": [1, None, {}, {"kty": "??"}]}),
    "keys without ids": says(200, {"keys": [public_jwk("two", kid=None)]}),
    "too much": says(200, b" " * (jwks.MAX_BYTES + 1) + b"{}"),
    "not HTTP": writes(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "a promise it does not keep": writes(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"),
}


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN)
def test_an_issuer_that_makes_no_sense_is_unavailable(
    reply: Reply, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "TIMEOUT_SECONDS", 0.1)
    talk.reply = reply

    with pytest.raises(ProviderUnavailableError):
        _keys(talk).find("one")


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN)
def test_while_the_issuer_makes_no_sense_the_last_good_keys_stay_in_use(
    reply: Reply, talk: Talk, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = _keys(talk)
    keys.find("one")
    monkeypatch.setattr(jwks, "TIMEOUT_SECONDS", 0.1)
    talk.reply = reply
    later(jwks.KEEP_SECONDS + 1)

    assert keys.find("one")
    assert _found(keys, "two") == "not yet"


def test_an_issuer_that_is_down_leaves_a_line_and_a_count(
    talk: Talk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(jwks, "count", counted.append)
    talk.reply = says(503)

    with pytest.raises(ProviderUnavailableError) as refused:
        _keys(talk).find("one")

    assert counted == ["IssuerKeysMissed"]
    [line] = [record for record in caplog.records if record.message == "issuer keys not fetched"]
    assert "503" in vars(line)["reason"]
    assert refused.value.members == {"retry_after": jwks.COOLDOWN_SECONDS}


@pytest.mark.parametrize("found", [None, [], "x", {}, {"jwks_uri": None}, {"jwks_uri": "no address"}], ids=str)
def test_a_discovery_document_that_makes_no_sense_is_unavailable(found: Any, talk: Talk) -> None:
    talk.reply = says(200, found)

    with pytest.raises(ProviderUnavailableError):
        _keys(talk, jwks_url=None, issuer=f"{talk.url}/").find("one")


def test_after_a_failure_the_issuer_is_left_alone_for_a_while_and_then_asked_again(
    talk: Talk, later: Callable[[float], None]
) -> None:
    talk.reply = in_turn(says(503), says(200, KEYS))
    keys = _keys(talk)

    for _ in range(20):
        with pytest.raises(ProviderUnavailableError):
            keys.find("one")
    assert len(talk.asked) == 1
    later(jwks.COOLDOWN_SECONDS + 1)
    assert keys.find("one")


def test_an_issuer_that_is_not_there_at_all_is_unavailable() -> None:
    with serving(says(200)) as gone:
        keys = _keys(gone)

    with pytest.raises(ProviderUnavailableError):
        keys.find("one")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int, talk: Talk) -> None:
    with serving(says(200, KEYS)) as elsewhere:
        talk.reply = says(status, Location=f"{elsewhere.url}/jwks.json")

        with pytest.raises(ProviderUnavailableError):
            _keys(talk).find("one")
        assert elsewhere.asked == []


def test_an_issuer_that_trickles_is_not_waited_for(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "TIMEOUT_SECONDS", 0.1)
    talk.reply = trickles(200, KEYS, pause=0.02, step=25)

    with pytest.raises(ProviderUnavailableError):
        _keys(talk).find("one")


def test_keys_that_cannot_be_used_do_not_spoil_those_that_can(talk: Talk) -> None:
    talk.reply = says(200, {"keys": [{"kty": "??", "kid": "odd"}, 7, public_jwk("one")]})
    keys = _keys(talk)

    assert keys.find("one")
    assert _found(keys, "odd") == "not yet"


def test_nothing_of_the_issuers_answer_is_logged(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    talk.reply = says(200, b"secret nonsense")

    with caplog.at_level(logging.DEBUG), pytest.raises(ProviderUnavailableError) as refused:
        _keys(talk).find("one")

    assert "nonsense" not in caplog.text + refused.value.detail
