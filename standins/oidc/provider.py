"""A stand-in for Auth0: `python -m standins.oidc --port 4601`.

Discovery, JWKS, `/authorize` (code with PKCE; a page that asks for a name and leaves a session cookie),
`/oauth/token` (authorization_code, refresh_token, client_credentials), `/oidc/logout`. `prompt=none` answers from the
session; with `login_hint=alice` it opens one for alice, so that one click signs in. Tests can also call

* `POST /_mint` {sub, roles?, scope?, claims?, expires_in?, kind?: access|id, client_id?, kid?, typ?,
  alg?: RS256|HS256|none, signed_by?: current|stranger}: any token, broken ones too. `claims` override, null removes
  one; `expires_in` may be negative, null omits `exp`; HS256 signs with the public key.
* `POST /_script` {rotate_keys?, revoke_old?, jwks?: ok|down|slow, seconds?}; `DELETE /_script` restores the JWKS.
* `GET /_log` {jwks_fetches, tokens}.
"""

import asyncio
import base64
import hashlib
import html
import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import uvicorn
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from standins.oidc.tokens import DAY, Keyring, Mint

AUDIENCE = "https://api.realstaging.local"
COOKIE = "oidc-session"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Log in</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px system-ui;display:grid;place-items:center;min-height:90vh;background:#f4f1ec;color:#2d2a26}}
form{{background:#fff;padding:2rem;border-radius:12px;box-shadow:0 8px 30px #0002;display:grid;gap:1rem;width:18rem}}
input[name=name]{{font:inherit;padding:.6rem;border:1px solid #bbb;border-radius:6px}}
button{{font:inherit;padding:.7rem;border:0;border-radius:6px;background:#3d5a4c;color:#fff}}</style>
<form method="post" action="/authorize"><strong>Log in to the local cloud</strong>
<label for="name">Who are you? No password is asked for.</label>
<input id="name" name="name" value="{name}" autofocus required pattern="[^ ]+">
<label><input type="checkbox" name="admin" value="1"> as an administrator</label>
{hidden}<button>Log in</button></form></html>"""


class Script(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rotate_keys: bool = False
    revoke_old: bool = False
    jwks: Literal["ok", "down", "slow"] = "ok"
    seconds: float = 10


@dataclass(frozen=True)
class Person:
    name: str
    roles: tuple[str, ...] = ()


@dataclass
class Provider:
    issuer: str
    audience: str
    keyring: Keyring = field(default_factory=Keyring)
    script: Script = field(default_factory=Script)
    # Code -> the request it was issued for; each code works once.
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    # Refresh token -> the same; each works once and is followed by another.
    refresh_tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    # Session cookie -> who logged in.
    sessions: dict[str, Person] = field(default_factory=dict)
    jwks_fetches: int = 0
    tokens: int = 0

    def mint(self, mint: Mint, audience: str | None = None) -> str:
        self.tokens += 1
        return self.keyring.token(mint, self.issuer, audience or self.audience)


def _provider(request: Request) -> Provider:
    provider: Provider = request.app.state.provider
    return provider


async def discovery(request: Request) -> Response:
    issuer = _provider(request).issuer
    return JSONResponse({
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}authorize",
        "token_endpoint": f"{issuer}oauth/token",
        "end_session_endpoint": f"{issuer}oidc/logout",
        "jwks_uri": f"{issuer}.well-known/jwks.json",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "none"],
    })  # fmt: skip


async def jwks(request: Request) -> Response:
    provider = _provider(request)
    provider.jwks_fetches += 1
    if provider.script.jwks == "down":
        return JSONResponse({"error": "unavailable"}, 503)
    if provider.script.jwks == "slow":
        await asyncio.sleep(provider.script.seconds)
    return JSONResponse(provider.keyring.jwks())


async def ask_who(request: Request) -> Response:
    asked = dict(request.query_params)
    wrong = _wrong_request(asked)
    if wrong:
        return HTMLResponse(f"<p>{html.escape(wrong)}</p>", 400)
    if asked.get("prompt") == "none":
        return _silent(request, asked)
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
        if name not in {"name", "admin"}
    )
    return HTMLResponse(PAGE.format(name=html.escape(asked.get("login_hint", "alice")), hidden=hidden))


async def log_in(request: Request) -> Response:
    form = dict(parse_qsl((await request.body()).decode()))
    wrong = _wrong_request(form) or ("" if form.get("name") else "A name is missing.")
    if wrong:
        return HTMLResponse(f"<p>{html.escape(wrong)}</p>", 400)
    roles = ("admin",) if form.get("admin") else ()
    return _logged_in(_provider(request), form, Person(form["name"], roles))


def _wrong_request(asked: dict[str, str]) -> str:
    if asked.get("response_type") != "code":
        return "response_type must be code."
    if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
        return "PKCE is required: code_challenge, code_challenge_method=S256."
    if urlsplit(asked.get("redirect_uri", "")).hostname not in LOOPBACK:
        return "redirect_uri must be on this machine."
    return ""


def _silent(request: Request, asked: dict[str, str]) -> Response:
    provider, hint = _provider(request), asked.get("login_hint")
    person = provider.sessions.get(request.cookies.get(COOKIE, ""))
    if hint and (person is None or person.name != hint):
        return _logged_in(provider, asked, Person(hint))
    if person is None:
        return _back(asked, {"error": "login_required", "error_description": "Login required"})
    return _back_with_code(provider, asked, person)


def _logged_in(provider: Provider, asked: dict[str, str], person: Person) -> Response:
    session = secrets.token_urlsafe(24)
    provider.sessions[session] = person
    answer = _back_with_code(provider, asked, person)
    answer.set_cookie(COOKIE, session, httponly=True, samesite="lax")
    return answer


def _back_with_code(provider: Provider, asked: dict[str, str], person: Person) -> Response:
    code = secrets.token_urlsafe(24)
    provider.codes[code] = asked | {"sub": person.name, "roles": json.dumps(person.roles)}
    return _back(asked, {"code": code})


def _back(asked: dict[str, str], answer: dict[str, str]) -> Response:
    answer |= {"state": asked["state"]} if "state" in asked else {}
    target = asked["redirect_uri"]
    return RedirectResponse(f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}", 302)


async def token(request: Request) -> Response:
    body = await request.body()
    is_json = request.headers.get("content-type", "").startswith("application/json")
    try:
        form: dict[str, str] = dict(json.loads(body)) if is_json else dict(parse_qsl(body.decode()))
    except ValueError:
        return _refused("invalid_request", "The body cannot be read.")
    match form.get("grant_type"):
        case "authorization_code":
            return _exchange(_provider(request), form)
        case "refresh_token":
            return _refresh(_provider(request), form)
        case "client_credentials":
            return _machine(_provider(request), form)
        case other:
            return _refused("unsupported_grant_type", f"Unsupported grant type: {other}")


def _exchange(provider: Provider, form: dict[str, str]) -> Response:
    asked = provider.codes.pop(form.get("code", ""), None)
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if asked is None or asked["code_challenge"] != challenge:
        return _refused("invalid_grant", "Invalid authorization code, or the code verifier does not fit.")
    if any(form.get(name) != asked.get(name) for name in ("client_id", "redirect_uri")):
        return _refused("invalid_grant", "The code was given to another client or address.")
    return _tokens(provider, asked)


def _refresh(provider: Provider, form: dict[str, str]) -> Response:
    asked = provider.refresh_tokens.pop(form.get("refresh_token", ""), None)
    if asked is None or asked.get("client_id") != form.get("client_id"):
        return _refused("invalid_grant", "Unknown or invalid refresh token.")
    return _tokens(provider, asked)


def _tokens(provider: Provider, asked: dict[str, str]) -> Response:
    scope, client = asked.get("scope", "openid"), asked.get("client_id", "")
    claims = {"nonce": asked["nonce"]} if "nonce" in asked else {}
    mint = Mint(sub=asked["sub"], roles=json.loads(asked["roles"]), scope=scope, client_id=client)
    answer = {"access_token": _access_token(provider, mint, asked.get("audience")), "scope": scope}
    if "openid" in scope.split():
        answer["id_token"] = provider.mint(mint.model_copy(update={"kind": "id", "claims": claims}))
    if "offline_access" in scope.split():
        answer["refresh_token"] = secrets.token_urlsafe(32)
        provider.refresh_tokens[answer["refresh_token"]] = asked
    return _granted(answer)


def _machine(provider: Provider, form: dict[str, str]) -> Response:
    client = form.get("client_id")
    if not client or not form.get("audience"):
        return _refused("invalid_request", "client_id and audience are required.")
    claims = {"gty": "client-credentials"}
    mint = Mint(sub=f"{client}@clients", scope=form.get("scope", ""), client_id=client, claims=claims)
    return _granted({"access_token": provider.mint(mint, form["audience"])})


def _access_token(provider: Provider, mint: Mint, audience: str | None) -> str:
    """Without an audience the token is opaque and no API accepts it: the most common mistake with Auth0."""
    return provider.mint(mint, audience) if audience else secrets.token_urlsafe(32)


def _granted(answer: dict[str, str]) -> Response:
    headers = {"cache-control": "no-store"}
    return JSONResponse(answer | {"token_type": "Bearer", "expires_in": DAY}, headers=headers)


def _refused(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)


async def log_out(request: Request) -> Response:
    _provider(request).sessions.pop(request.cookies.get(COOKIE, ""), None)
    target = request.query_params.get("post_logout_redirect_uri", "")
    if urlsplit(target).hostname not in LOOPBACK:
        return HTMLResponse("<p>You are logged out.</p>")
    answer = RedirectResponse(target, 302)
    answer.delete_cookie(COOKIE)
    return answer


async def mint_any(request: Request) -> Response:
    try:
        mint = Mint.model_validate_json(await request.body())
    except ValidationError as error:
        return JSONResponse({"errors": error.errors(include_url=False, include_context=False)}, 422)
    return JSONResponse({"access_token": _provider(request).mint(mint), "token_type": "Bearer"})


async def set_script(request: Request) -> Response:
    provider = _provider(request)
    try:
        provider.script = Script.model_validate_json(await request.body())
    except ValidationError as error:
        return JSONResponse({"errors": error.errors(include_url=False, include_context=False)}, 422)
    if provider.script.rotate_keys:
        provider.keyring.rotate(revoke=provider.script.revoke_old)
    return await show_script(request)


async def reset_script(request: Request) -> Response:
    _provider(request).script = Script()
    return await show_script(request)


async def show_script(request: Request) -> Response:
    provider = _provider(request)
    kids = [key.kid for key in provider.keyring.keys]
    return JSONResponse(provider.script.model_dump(include={"jwks", "seconds"}) | {"kids": kids})


async def show_log(request: Request) -> Response:
    provider = _provider(request)
    return JSONResponse({"jwks_fetches": provider.jwks_fetches, "tokens": provider.tokens})


async def health(_request: Request) -> Response:
    return JSONResponse({"status": "ok", "service": "identity stand-in"})


ROUTES = [
    Route("/.well-known/openid-configuration", discovery),
    Route("/.well-known/jwks.json", jwks),
    Route("/authorize", ask_who, methods=["GET"]),
    Route("/authorize", log_in, methods=["POST"]),
    Route("/oauth/token", token, methods=["POST"]),
    Route("/oidc/logout", log_out),
    Route("/_mint", mint_any, methods=["POST"]),
    Route("/_script", show_script, methods=["GET"]),
    Route("/_script", set_script, methods=["POST"]),
    Route("/_script", reset_script, methods=["DELETE"]),
    Route("/_log", show_log),
    Route("/health", health),
]


def app(issuer: str, audience: str = AUDIENCE) -> Starlette:
    # A browser client exchanges its code from another port, so from another origin.
    cors = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    made = Starlette(routes=ROUTES, middleware=[cors])
    made.state.provider = Provider(issuer, audience)
    return made


def server(port: int, audience: str = AUDIENCE) -> uvicorn.Server:
    made: Any = app(f"http://127.0.0.1:{port}/", audience)
    return uvicorn.Server(
        uvicorn.Config(made, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)
    )
