"""Tokens while the issuer changes its keys: nobody is signed out, and no forger learns anything."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realstaging.accounts.identity import Tokens
from realstaging.api.problems import headers
from realstaging.errors import ProviderUnavailableError, UnauthorizedError
from realstaging.gateways import jwks
from realstaging.gateways.jwks import IssuerKeys
from tests.support.loopback_server import Talk, says, serving
from tests.support.tokens import IDENTITY, public_jwk, token

Later = Callable[[float], None]


@pytest.fixture
def talk() -> Iterator[Talk]:
    with serving(says(200, {"keys": [public_jwk("one")]})) as talk:
        yield talk


@pytest.fixture
def tokens(talk: Talk) -> Tokens:
    identity = IDENTITY.model_copy(update={"jwks_url": f"{talk.url}/jwks.json"})
    return Tokens(identity, IssuerKeys(identity))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """The pause passes without waiting; tokens go by the other clock."""
    clock = {"ahead": 0.0}
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + clock["ahead"])
    return lambda seconds: clock.update(ahead=clock["ahead"] + seconds)


def test_a_new_key_is_taken_after_the_pause_with_one_fetch(talk: Talk, tokens: Tokens, later: Later) -> None:
    tokens.caller(token())
    talk.reply = says(200, {"keys": [public_jwk("one"), public_jwk("two")]})
    later(jwks.COOLDOWN_SECONDS + 1)

    assert {tokens.caller(token(key="two")).owner for _ in range(100)} == {"auth0!7C5f7c"}
    assert len(talk.asked) == 2


def test_within_the_pause_a_good_looking_token_is_told_to_wait(talk: Talk, tokens: Tokens) -> None:
    tokens.caller(token())

    with pytest.raises(ProviderUnavailableError) as refused:
        tokens.caller(token(key="two"))

    assert 1 <= int(headers(refused.value)["Retry-After"]) <= jwks.COOLDOWN_SECONDS


@pytest.mark.parametrize(
    "wrong", [{"exp": 1_700_000_000}, {"iss": "https://other.example/"}, {"aud": "x"}, {"sub": None}], ids=str
)
def test_within_the_pause_any_other_token_of_an_unknown_key_is_refused(tokens: Tokens, wrong: dict[str, Any]) -> None:
    tokens.caller(token())

    with pytest.raises(UnauthorizedError):
        tokens.caller(token(key="two", **wrong))


def test_another_key_under_the_same_id_is_taken_and_the_old_one_refused(
    talk: Talk, tokens: Tokens, later: Later
) -> None:
    tokens.caller(token())
    talk.reply = says(200, {"keys": [public_jwk("two", kid="one")]})
    later(jwks.COOLDOWN_SECONDS + 1)

    assert tokens.caller(token(key="two", headers={"kid": "one"})).role == "user"
    with pytest.raises(UnauthorizedError):
        tokens.caller(token())


def test_forged_signatures_fetch_the_keys_no_more_than_once_a_pause(talk: Talk, tokens: Tokens) -> None:
    tokens.caller(token())

    for _ in range(50):
        with pytest.raises(UnauthorizedError):
            tokens.caller(token(key="two", headers={"kid": "one"}))

    assert len(talk.asked) == 1
