"""The side door for whoever tests against this stand-in: /_script, /_events, /_log, /_reset (see README.md)."""

from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from standins.stripe import catalog, script
from standins.stripe.account import Account
from standins.stripe.errors import StripeError

LONGEST_WAIT = 30.0


async def show_script(request: Request) -> Response:
    return JSONResponse(script.shown(request.app.state.account))


async def run_script(request: Request) -> Response:
    account: Account = request.app.state.account
    try:
        wanted = script.Script.model_validate_json(await request.body())
        done = await script.run(account, wanted)
    except ValidationError as error:
        return JSONResponse({"errors": error.errors(include_url=False, include_context=False)}, 422)
    except StripeError as error:
        return JSONResponse(error.body, error.status)
    return JSONResponse(done | script.shown(account))


async def clear_script(request: Request) -> Response:
    account: Account = request.app.state.account
    script.clear(account)
    return await show_script(request)


async def reset(request: Request) -> Response:
    """Nothing ever happened; where webhooks go stays."""
    account: Account = request.app.state.account
    account.forget()
    catalog.seed(account)
    return Response(status_code=204)


async def show_events(request: Request) -> Response:
    """`?wait=10`: not before everything has been sent once, or so many seconds have passed."""
    account: Account = request.app.state.account
    wait = min(float(request.query_params.get("wait", 0)), LONGEST_WAIT)
    if wait:
        await account.deliveries.settled(wait)
    events: list[dict[str, Any]] = [
        {"id": each["id"], "type": each["type"], "created": each["created"], "object": each["data"]["object"].get("id")}
        for each in reversed(account.objects.of("event"))
    ]
    return JSONResponse({"events": events, **account.deliveries.as_json()})


async def show_log(request: Request) -> Response:
    return JSONResponse({"requests": request.app.state.account.requests})


async def clear_log(request: Request) -> Response:
    request.app.state.account.requests.clear()
    return Response(status_code=204)


ROUTES = [
    Route("/_script", show_script, methods=["GET"]),
    Route("/_script", run_script, methods=["POST"]),
    Route("/_script", clear_script, methods=["DELETE"]),
    Route("/_reset", reset, methods=["POST"]),
    Route("/_events", show_events, methods=["GET"]),
    Route("/_log", show_log, methods=["GET"]),
    Route("/_log", clear_log, methods=["DELETE"]),
]
