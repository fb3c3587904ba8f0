"""Access tokens: ours pass, everything else meets one refusal that explains nothing to a forger."""

import re
import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.accounts.identity import MAX_OWNER, Caller, Tokens, bearer, owner_of
from realstaging.errors import UnauthorizedError
from realstaging.gateways.jwks import IssuerKeys
from tests.support.tokens import IDENTITY, ISSUER, ROLES, by_hand, public_jwk, public_pem, token


class KnownKeys(IssuerKeys):
    """The issuer's keys without an issuer."""

    def find(self, kid: str) -> jwt.PyJWK | None:
        return {name: jwt.PyJWK(public_jwk(name)) for name in ("one", "two")}.get(kid)


TOKENS = Tokens(IDENTITY, KnownKeys(IDENTITY))


def _by_header(authorization: str) -> Caller:
    return TOKENS.caller(bearer(authorization))


def _caller(token: str) -> Caller:
    return _by_header(f"Bearer {token}")


def test_a_good_token_says_whose_it_is() -> None:
    assert _caller(token()) == Caller(owner="auth0!7C5f7c", role="user")


@pytest.mark.parametrize("kid", ["one", "two"])
def test_any_current_key_of_the_issuer_will_do(kid: str) -> None:
    assert _caller(token(key=kid)).owner == "auth0!7C5f7c"


@pytest.mark.parametrize("type", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
def test_an_access_tokens_type_may_be_written_in_several_ways(type: str) -> None:
    assert _caller(token(headers={"typ": type})).role == "user"


def test_the_audience_may_be_one_of_several() -> None:
    assert _caller(token(aud=["https://other.test", IDENTITY.audience])).role == "user"


ISSUERS: dict[str, dict[str, Any]] = {
    "Auth0": {
        "headers": {"typ": "JWT"},
        "aud": [IDENTITY.audience, f"{ISSUER}userinfo"],
        "azp": "web",
        "scope": "openid",
    },
    "Auth0, RFC 9068": {"headers": {"typ": "at+jwt"}, "client_id": "web", "jti": "1"},
    "Cognito": {
        "headers": {"typ": None},
        "aud": None,
        "token_use": "access",
        "client_id": IDENTITY.audience,
        "jti": "1",
    },
    "Ping": {"headers": {"typ": None}, "aud": [IDENTITY.audience], "client_id": "web", "scope": "read", "env": "e"},
    "Keycloak": {"headers": {"typ": "JWT"}, "typ": "Bearer", "azp": "web", "nonce": "n"},
    "Entra": {"headers": {"typ": "JWT", "x5t": "one"}, "ver": "2.0", "azp": "web"},
    "an empty type": {"headers": {"typ": ""}},
}


@pytest.mark.parametrize("given", ISSUERS.values(), ids=ISSUERS)
def test_access_tokens_of_the_usual_issuers_are_taken_as_they_are(given: dict[str, Any]) -> None:
    assert _caller(token(**given)).owner == "auth0!7C5f7c"


@pytest.mark.parametrize(
    ("claims", "good"),
    [({"iat": 25}, True), ({"iat": 45}, False), ({"exp": -25}, True), ({"exp": -45}, False), ({"nbf": 25}, True)],
    ids=str,
)
def test_a_clock_may_be_wrong_by_less_than_the_leeway_either_way(claims: dict[str, int], good: bool) -> None:
    given: dict[str, Any] = {name: int(time.time()) + seconds for name, seconds in claims.items()}
    sent = token(**given)

    if good:
        assert _caller(sent).role == "user"
    else:
        with pytest.raises(UnauthorizedError):
            _caller(sent)


def test_a_userinfo_audience_alone_is_not_ours() -> None:
    with pytest.raises(UnauthorizedError):
        _caller(token(aud=[f"{ISSUER}userinfo"]))


@pytest.mark.parametrize("seconds", [-25, 25])
def test_clocks_may_differ_by_less_than_the_leeway(seconds: int) -> None:
    now = int(time.time())

    assert _caller(token(iat=now + max(seconds, 0), exp=now + seconds + (60 if seconds > 0 else 0))).role == "user"


FORGED: dict[str, dict[str, Any]] = {
    "expired": {"exp": 1_700_000_000},
    "expired beyond the leeway": {"exp": int(time.time()) - 31},
    "issued in the future": {"iat": int(time.time()) + 7200},
    "not valid yet": {"nbf": int(time.time()) + 7200},
    "wrong audience": {"aud": "https://other.test"},
    "audience with a slash": {"aud": IDENTITY.audience + "/"},
    "no audience in the list": {"aud": []},
    "wrong issuer": {"iss": "https://other.example/"},
    "issuer without its slash": {"iss": ISSUER.rstrip("/")},
    "issuer in capitals": {"iss": ISSUER.upper()},
    "without exp": {"exp": None},
    "without iat": {"iat": None},
    "without iss": {"iss": None},
    "without aud": {"aud": None},
    "without sub": {"sub": None},
    "empty sub": {"sub": ""},
    "exp as text": {"exp": "tomorrow"},
    "an ID token": {"headers": {"typ": "id_token"}},
    "a logout token": {"headers": {"typ": "logout+jwt"}},
    "at+jwt without client_id": {"client_id": None},
    "at+jwt without jti": {"jti": None},
    "an ID token without a type": {"headers": {"typ": None}, "aud": "client-1", "nonce": "n"},
    "an ID token of a client that is called like the API": {"headers": {"typ": "JWT"}, "at_hash": "x"},
    "one with a code's hash": {"headers": {"typ": None}, "c_hash": "x"},
    "Keycloak's ID token": {"headers": {"typ": "JWT"}, "typ": "ID"},
    "Keycloak's refresh token": {"headers": {"typ": "JWT"}, "typ": "Refresh"},
    "a logout token without a type": {"headers": {"typ": "JWT"}, "events": {"logout": {}}},
    "Cognito's ID token": {"headers": {"typ": None}, "token_use": "id"},
    "Cognito's access token of another client": {
        "headers": {"typ": None},
        "aud": None,
        "token_use": "access",
        "client_id": "x",
    },
    "a client id in place of an audience": {"headers": {"typ": None}, "aud": None, "client_id": IDENTITY.audience},
    "audience of another kind": {"aud": {"x": IDENTITY.audience}},
    "unknown kid": {"headers": {"kid": "three"}},
    "kid of another key": {"headers": {"kid": "two"}},
    "no kid": {"headers": {"kid": None}},
    "a critical extension": {"headers": {"crit": ["exp"]}},
}


@pytest.mark.parametrize("given", FORGED.values(), ids=FORGED)
def test_a_token_that_is_not_quite_ours_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UnauthorizedError):
        _caller(token(**given))


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS512", ""])
def test_the_caller_does_not_choose_the_algorithm(algorithm: str) -> None:
    head = {"alg": algorithm, "kid": "one", "typ": "at+jwt"}

    for key in (None, public_pem(), b""):
        with pytest.raises(UnauthorizedError):
            _caller(by_hand(head, key))


def test_rs256_in_the_header_does_not_make_a_mac_a_signature() -> None:
    with pytest.raises(UnauthorizedError):
        _caller(by_hand({"alg": "RS256", "kid": "one", "typ": "at+jwt"}, public_pem()))


@pytest.mark.parametrize(
    "kid", [["one"], {"one": 1}, 1, True, "../one", "one\x00", "", "o" * 10_000], ids=lambda kid: str(kid)[:10]
)
def test_a_strange_key_id_finds_no_key(kid: Any) -> None:
    with pytest.raises(UnauthorizedError):
        _caller(by_hand({"alg": "RS256", "kid": kid, "typ": "at+jwt"}, b"x"))


@pytest.mark.parametrize("where", [0, 1, 2])
def test_a_token_changed_anywhere_is_refused(where: int) -> None:
    parts = token().split(".")
    middle = len(parts[where]) // 2
    swapped = "A" if parts[where][middle] != "A" else "B"
    parts[where] = parts[where][:middle] + swapped + parts[where][middle + 1 :]

    with pytest.raises(UnauthorizedError):
        _caller(".".join(parts))


GOOD = token()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        GOOD,
        f"Token {GOOD}",
        f"Bearer {GOOD} {GOOD}",
        f"Bearer, {GOOD}",
        f"Bearer {'a' * 8193}",
        f"Bearer {GOOD}{'.' * 8000}",
        "Bearer a.b.c",
        "Bearer ...",
        "Bearer é.漢.😀",
        "Bearer \x00",
        "Bearer bnVsbA.bnVsbA.bnVsbA",
        "Bearer W10.W10.W10",
    ],
)
def test_a_header_without_a_token_is_refused(header: str) -> None:
    with pytest.raises(UnauthorizedError):
        _by_header(header)


@pytest.mark.parametrize("header", [f"bearer {GOOD}", f"BEARER {GOOD}", f"  Bearer {GOOD}  ", f"Bearer   {GOOD}"])
def test_the_scheme_may_be_written_in_any_case(header: str) -> None:
    assert _by_header(header).role == "user"


@given(st.text(max_size=200))
def test_whatever_is_sent_is_refused_and_not_a_fault(sent: str) -> None:
    with pytest.raises(UnauthorizedError):
        _caller(sent)


def test_a_refusal_repeats_nothing_of_the_token() -> None:
    sent = token(aud="https://other.test")

    with pytest.raises(UnauthorizedError) as refused:
        _caller(sent)

    assert not any(part in refused.value.detail for part in sent.split("."))


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (["admin"], "admin"),
        (["editor", "admin"], "admin"),
        (None, "user"),
        ([], "user"),
        (["administrator"], "user"),
        (["Admin"], "user"),
        ("admin", "user"),
        ("not-admin-at-all", "user"),
        ({"admin": True}, "user"),
        ([["admin"]], "user"),
    ],
)
def test_only_a_list_that_names_admin_makes_an_admin(roles: Any, role: str) -> None:
    assert _caller(token(**{ROLES: roles})).role == role


@pytest.mark.parametrize("claim", ["roles", "role", "https://other.test/roles"])
def test_a_role_under_another_name_counts_for_nothing(claim: str) -> None:
    given: dict[str, Any] = {claim: ["admin"]}

    assert _caller(token(**given)).role == "user"


@pytest.mark.parametrize(
    ("subject", "owner"),
    [
        ("alice", "alice"),
        ("auth0|5f7c", "auth0!7C5f7c"),
        ("a!7Cb", "a!217Cb"),
        ("a/b#c d", "a!2Fb!23c!20d"),
        ("ü", "!C3!BC"),
        ("google-oauth2|1.2_3", "google-oauth2!7C1.2_3"),
    ],
)
def test_a_subject_becomes_an_owner_that_keys_and_paths_can_hold(subject: str, owner: str) -> None:
    assert owner_of(subject) == owner


SUBJECTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=10) | st.text("a!|7Cc2/", min_size=1, max_size=8)


@given(SUBJECTS, SUBJECTS)
def test_two_subjects_never_share_an_owner(one: str, other: str) -> None:
    assert (owner_of(one) == owner_of(other)) == (one == other)


@given(SUBJECTS)
def test_an_owner_holds_nothing_that_separates_or_escapes(subject: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._!-]{1,120}", owner_of(subject))


@pytest.mark.parametrize("subject", ["", "a" * (MAX_OWNER + 1), "|" * 41])
def test_an_empty_or_endless_subject_is_refused(subject: str) -> None:
    with pytest.raises(UnauthorizedError):
        owner_of(subject)
