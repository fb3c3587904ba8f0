"""The identity stand-in issues what Auth0 issues, and every broken token a test can want."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from local import token
from standins.oidc.provider import AUDIENCE
from standins.oidc.tokens import ROLES_CLAIM

VERIFIER = "a-verifier-that-is-long-enough-for-everybody-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def mint(identity_url: str, **wanted: Any) -> str:
    answer = httpx.post(f"{identity_url}_mint", json={"sub": "alice"} | wanted)
    assert answer.status_code == 200, answer.text
    made: str = answer.json()["access_token"]
    return made


def verified(identity_url: str, access_token: str) -> dict[str, Any]:
    """As the API verifies: key from the JWKS, one algorithm, issuer, audience, and what must be there."""
    key = jwt.PyJWKClient(f"{identity_url}.well-known/jwks.json").get_signing_key_from_jwt(access_token)
    claims: dict[str, Any] = jwt.decode(
        access_token,
        key,
        algorithms=["RS256"],
        issuer=identity_url,
        audience=AUDIENCE,
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )
    return claims


def authorization(**change: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": "web",
        "redirect_uri": "http://127.0.0.1:3000/callback",
        "scope": "openid profile",
        "audience": AUDIENCE,
        "state": "s1",
        "nonce": "n1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | change


def exchange(identity_url: str, code: str, **change: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, "client_id": "web"}
    form |= {"redirect_uri": "http://127.0.0.1:3000/callback"} | change
    return httpx.post(f"{identity_url}oauth/token", data=form)


def logged_in(identity_url: str, name: str = "alice", **change: str) -> str:
    """The code that comes back after the form was sent."""
    answer = httpx.post(f"{identity_url}authorize", data=authorization(**change) | {"name": name, "admin": "1"})
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["s1"]
    return query["code"][0]


def test_a_minted_token_is_accepted_and_says_who_it_is(identity_url: str) -> None:
    made = mint(identity_url, roles=["admin"])
    claims = verified(identity_url, made)
    assert (claims["sub"], claims[ROLES_CLAIM]) == ("alice", ["admin"])
    assert jwt.get_unverified_header(made)["typ"] == "JWT"
    assert {"azp", "scope", "iat", "exp"} <= set(claims)


def test_without_openid_the_audience_is_one_string(identity_url: str) -> None:
    assert verified(identity_url, mint(identity_url, scope="read"))["aud"] == AUDIENCE


@pytest.mark.parametrize(
    "wanted",
    [
        {"expires_in": -60},
        {"expires_in": None},
        {"claims": {"aud": "https://other"}},
        {"claims": {"iss": "http://127.0.0.1:1/"}},
        {"claims": {"sub": None}},
        {"kind": "id"},
        {"kid": "unknown"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"signed_by": "stranger"},
    ],
    ids=str,
)
def test_broken_tokens_are_not_accepted(identity_url: str, wanted: dict[str, Any]) -> None:
    made = mint(identity_url, **wanted)
    with pytest.raises(jwt.PyJWTError):
        verified(identity_url, made)


def test_the_hmac_forgery_verifies_for_who_takes_any_algorithm(identity_url: str) -> None:
    made = mint(identity_url, alg="HS256")
    head, payload, _ = made.split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "HS256"
    assert payload


def test_typ_can_be_anything(identity_url: str) -> None:
    assert jwt.get_unverified_header(mint(identity_url, typ="at+jwt"))["typ"] == "at+jwt"


def test_discovery_names_every_endpoint(identity_url: str) -> None:
    page = httpx.get(f"{identity_url}.well-known/openid-configuration").json()
    assert page["issuer"] == identity_url
    assert httpx.get(page["jwks_uri"]).json()["keys"][0]["alg"] == "RS256"
    assert httpx.get(f"{identity_url}health").json()["status"] == "ok"


def test_a_person_logs_in_with_code_and_pkce(identity_url: str) -> None:
    answer = exchange(identity_url, logged_in(identity_url, "Bob")).json()
    claims = verified(identity_url, answer["access_token"])
    assert (claims["sub"], claims["azp"], claims[ROLES_CLAIM]) == ("Bob", "web", ["admin"])
    told = jwt.decode(answer["id_token"], options={"verify_signature": False})
    assert (told["aud"], told["nonce"], told["sub"]) == ("web", "n1", "Bob")


def test_the_page_asks_for_a_name_and_keeps_the_request(identity_url: str) -> None:
    page = httpx.get(f"{identity_url}authorize", params=authorization(state='"><script>'))
    assert CHALLENGE in page.text
    assert "<script>" not in page.text


def test_a_silent_login_needs_no_page(identity_url: str) -> None:
    asked = authorization(prompt="none", login_hint="carol")
    answer = httpx.get(f"{identity_url}authorize", params=asked)
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    assert verified(identity_url, exchange(identity_url, code).json()["access_token"])["sub"] == "carol"


def test_a_code_is_good_once_for_its_owner(identity_url: str) -> None:
    for change in ({"code_verifier": "wrong"}, {"client_id": "other"}, {"redirect_uri": "http://127.0.0.1:1/"}):
        answer = exchange(identity_url, logged_in(identity_url), **change)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    code = logged_in(identity_url)
    assert [exchange(identity_url, code).status_code for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(
    "change",
    [{"response_type": "token"}, {"code_challenge": ""}, {"redirect_uri": "https://example.com/"}],
    ids=str,
)
def test_a_login_that_is_not_safe_is_refused(identity_url: str, change: dict[str, str]) -> None:
    assert httpx.get(f"{identity_url}authorize", params=authorization(**change)).status_code == 400
    assert httpx.post(f"{identity_url}authorize", data=authorization(**change) | {"name": "a"}).status_code == 400


def test_who_names_no_audience_gets_an_opaque_token(identity_url: str) -> None:
    answer = exchange(identity_url, logged_in(identity_url, audience="")).json()
    assert "." not in answer["access_token"]


def test_a_machine_gets_its_own_subject(identity_url: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": "robot", "client_secret": "x", "audience": AUDIENCE}
    answer = httpx.post(f"{identity_url}oauth/token", json=form).json()
    assert verified(identity_url, answer["access_token"])["sub"] == "robot@clients"


@pytest.mark.parametrize("form", [{"grant_type": "password"}, {"grant_type": "client_credentials"}, {}], ids=str)
def test_other_grants_are_refused(identity_url: str, form: dict[str, str]) -> None:
    assert httpx.post(f"{identity_url}oauth/token", data=form).status_code == 400


def test_after_a_rotation_old_tokens_live_until_their_key_is_revoked(identity_url: str) -> None:
    old = mint(identity_url)
    httpx.post(f"{identity_url}_script", json={"rotate_keys": True})
    assert verified(identity_url, old)
    httpx.post(f"{identity_url}_script", json={"rotate_keys": True, "revoke_old": True})
    with pytest.raises(jwt.PyJWKClientError):
        verified(identity_url, old)
    assert verified(identity_url, mint(identity_url))


def test_the_keys_can_be_out_of_reach(identity_url: str) -> None:
    keys = f"{identity_url}.well-known/jwks.json"
    httpx.post(f"{identity_url}_script", json={"jwks": "down"})
    assert httpx.get(keys).status_code == 503
    httpx.post(f"{identity_url}_script", json={"jwks": "slow", "seconds": 1})
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(keys, timeout=httpx.Timeout(60, read=0.1))
    httpx.delete(f"{identity_url}_script")
    assert httpx.get(keys).status_code == 200
    assert httpx.get(f"{identity_url}_log").json()["jwks_fetches"] == 3


def test_a_slip_is_refused(identity_url: str) -> None:
    for path, page in (("_mint", {"subject": "alice"}), ("_script", {"jwks": "gone"})):
        assert httpx.post(f"{identity_url}{path}", json=page).status_code == 422


def test_make_token_prints_a_token_for_whoever_is_named(identity_url: str, tmp_path: Path) -> None:
    (tmp_path / "cloud.json").write_text(json.dumps({"identity": identity_url.rstrip("/")}))
    claims = verified(identity_url, token.access_token(tmp_path, "alice", ["admin"]))
    assert (claims["sub"], claims[ROLES_CLAIM]) == ("alice", ["admin"])
    assert claims["exp"] - claims["iat"] == 12 * 3600


def test_without_a_cloud_make_token_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(token.NoCloudError, match="make dev"):
        token.access_token(tmp_path, "alice", [])
    (tmp_path / "cloud.json").write_text('{"identity": "http://127.0.0.1:9"}')
    with pytest.raises(token.NoCloudError, match="does not answer"):
        token.access_token(tmp_path, "alice", [])


def test_a_session_answers_silently_until_logged_out(identity_url: str) -> None:
    asked = authorization(prompt="none")
    with httpx.Client(base_url=identity_url) as browser:
        answer = browser.get("authorize", params=asked)
        assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == ["login_required"]
        browser.post("authorize", data=authorization() | {"name": "dora", "admin": "1"})
        answer = browser.get("authorize", params=asked)
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        claims = verified(identity_url, exchange(identity_url, code).json()["access_token"])
        assert (claims["sub"], claims[ROLES_CLAIM]) == ("dora", ["admin"])
        left = browser.get("oidc/logout", params={"post_logout_redirect_uri": "http://127.0.0.1:3000/"})
        assert left.headers["location"] == "http://127.0.0.1:3000/"
        answer = browser.get("authorize", params=asked)
        assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == ["login_required"]


def test_a_refresh_token_works_once_and_brings_the_next(identity_url: str) -> None:
    code = logged_in(identity_url, scope="openid offline_access")
    first = exchange(identity_url, code).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": "web", "refresh_token": first}
    renewed = httpx.post(f"{identity_url}oauth/token", data=form)
    assert verified(identity_url, renewed.json()["access_token"])["sub"] == "alice"
    assert renewed.json()["refresh_token"] != first
    again = httpx.post(f"{identity_url}oauth/token", data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
