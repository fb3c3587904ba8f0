"""The creation of a prediction: validation, scripted faults, and the response."""

import asyncio
import json
import re
import time
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from standins.loopback import is_loopback
from standins.replicate import inputs, problems, script
from standins.replicate.account import Account
from standins.replicate.models import InvalidField, Model, find_version, invalid_fields
from standins.replicate.predictions import EVENTS, Prediction
from standins.replicate.record import Creation, summary, without_query
from standins.replicate.script import Outcome, Plan

FIELDS = {"version", "input", "webhook", "webhook_events_filter", "stream"}
LOGGED_HEADERS = ("cancel-after", "prefer", "user-agent", "content-length", "traceparent")
SPAN = re.compile(r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s?)?")
SHORTEST_SPAN, LONGEST_SPAN = timedelta(seconds=5), timedelta(hours=24)


async def create(request: Request, model: Model | None) -> Response:
    account: Account = request.state.account
    try:
        body = await request.json()
    except json.JSONDecodeError:
        return problems.problem(400, "Bad request", "The request body is not JSON")
    if not isinstance(body, dict):
        return problems.problem(400, "Bad request", "The request body is not an object")
    version = "hidden"
    if model is None:
        found = find_version(str(body.get("version", "")))
        if found is None:
            return problems.invalid_version(body.get("version"))
        model, version = found
    plan = _plan(account, model, body)
    creation = _logged(account, request, model, body, plan)
    wrong = [*_wrong_fields(body), *invalid_fields(model, body.get("input", {})), *_wrong_span(request)]
    if wrong:
        response = problems.invalid(wrong)
    elif (wait := account.director.wait(account.token, time.monotonic())) is not None:
        response = problems.throttled(wait, wait)
    else:
        response = await _answer(account, request, creation, Prediction(model, version, body["input"], plan))
    creation.answer = response.status_code
    return response


def _plan(account: Account, model: Model, body: dict[str, Any]) -> Plan:
    given = body.get("input")
    given = given if isinstance(given, dict) else {}
    images = " ".join(inputs.image_uris(given))
    prompt, webhook = str(given.get("prompt", "")), str(body.get("webhook", ""))
    return account.director.choose(script.Request(model.slug, prompt, images, webhook, account.token))


def _logged(account: Account, request: Request, model: Model, body: dict[str, Any], plan: Plan) -> Creation:
    headers = {name: request.headers[name] for name in LOGGED_HEADERS if name in request.headers}
    webhook = without_query(str(body["webhook"])) if body.get("webhook") else None
    creation = Creation(model.slug, summary(body.get("input")), webhook, headers, plan.names, account.token)
    account.record.creations.append(creation)
    return creation


def _wrong_fields(body: dict[str, Any]) -> list[InvalidField]:
    extra = sorted(set(body) - FIELDS)
    kind = "additional_property_not_allowed"
    wrong = [InvalidField(kind, "(root)", f"Additional property {name} is not allowed") for name in extra]
    if "input" not in body:
        wrong.append(InvalidField("required", "(root)", "input is required"))
    events = body.get("webhook_events_filter")
    if events is not None and not (isinstance(events, list) and set(map(str, events)) <= set(EVENTS)):
        wrong.append(InvalidField("enum", "webhook_events_filter", f"Must be a list of {', '.join(EVENTS)}"))
    webhook = body.get("webhook")
    if webhook is not None and not is_loopback(str(webhook)):
        # Replicate requires HTTPS; this stand-in never leaves the machine.
        wrong.append(InvalidField("format", "webhook", "This stand-in calls loopback addresses only"))
    return wrong


def _wrong_span(request: Request) -> list[InvalidField]:
    text = request.headers.get("cancel-after")
    if text is None:
        return []
    span = seconds(text)
    if span is None or not SHORTEST_SPAN <= span <= LONGEST_SPAN:
        return [InvalidField("format", "Cancel-After", "Must be a duration from 5s to 24h")]
    return []


def seconds(text: str) -> timedelta | None:
    """`30s`, `5m`, `1h30m45s`, or bare seconds."""
    found = SPAN.fullmatch(text.strip())
    if not found or not any(found.groups()):
        return None
    hours, minutes, rest = (int(part or 0) for part in found.group("h", "m", "s"))
    return timedelta(hours=hours, minutes=minutes, seconds=rest)


async def _answer(account: Account, request: Request, creation: Creation, prediction: Prediction) -> Response:
    fault = prediction.plan.create
    if fault and fault.kind.endswith("before_create"):
        return await _sever(request, fault)
    if fault and not fault.kind.endswith("after_create"):
        return problems.scripted(fault)
    await _begin(account, request, creation, prediction)
    if fault:
        return await _sever(request, fault)
    page = prediction.as_json(account.base_url)
    if prediction.plan.webhook and prediction.plan.webhook.kind == "before_response":
        # The response shows the state at creation, but is sent after the result webhook.
        await prediction.announced.wait()
        return JSONResponse(page, 201)
    patience = _patience(request.headers.get("prefer", ""))
    if patience is None:
        return JSONResponse(page, 201)
    try:
        await asyncio.wait_for(prediction.over.wait(), patience)
    except TimeoutError:
        return JSONResponse(prediction.as_json(account.base_url), 202)
    return JSONResponse(prediction.as_json(account.base_url), 201)


async def _begin(account: Account, request: Request, creation: Creation, prediction: Prediction) -> None:
    body = await request.json()
    prediction.webhook = body.get("webhook")
    prediction.events = tuple(body.get("webhook_events_filter") or EVENTS)
    if span := seconds(request.headers.get("cancel-after", "")):
        prediction.deadline = prediction.created_at + span
    creation.prediction = prediction
    account.predictions[prediction.id] = prediction
    account.runner.begin(prediction)


def _patience(prefer: str) -> float | None:
    found = re.fullmatch(r"wait(?:=(\d+))?", prefer.strip())
    return min(max(int(found[1] or 60), 1), 60) if found else None


async def _sever(request: Request, fault: Outcome) -> Response:
    """No response: the connection hangs for a while, or is cut at once."""
    if fault.kind.startswith("timeout"):
        await asyncio.sleep(60 if fault.seconds is None else fault.seconds)
    request.state.sever()
    return Response(status_code=499)
