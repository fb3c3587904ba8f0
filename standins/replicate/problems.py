"""Replicate's error bodies: {title, detail, status, invalid_fields}."""

from dataclasses import asdict

from starlette.responses import HTMLResponse, JSONResponse, Response

from standins.replicate.models import InvalidField
from standins.replicate.script import Outcome


def problem(
    status: int, title: str, detail: str, fields: list[InvalidField] | None = None, **headers: str
) -> JSONResponse:
    body: dict[str, object] = {"title": title, "detail": detail, "status": status}
    if fields is not None:
        body["invalid_fields"] = [asdict(each) for each in fields]
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def unauthenticated() -> Response:
    return problem(401, "Unauthenticated", "You did not pass a valid authentication token")


def not_found() -> Response:
    return problem(404, "Not found", "The requested resource could not be found.")


def invalid_version(version: object) -> Response:
    return problem(
        422,
        "Invalid version or not permitted",
        "The specified version does not exist (or perhaps you don't have permission to use it?)",
        [InvalidField("invalid", "version", f"{version} does not exist")],
    )


def invalid(fields: list[InvalidField]) -> Response:
    detail = "".join(f"- {each.field}: {each.description}\n" for each in fields)
    return problem(422, "Input validation failed", detail, fields)


def insufficient_credit() -> Response:
    return problem(
        402,
        "Insufficient credit",
        "You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing"
        " to purchase credit. Once you purchase credit, please wait a few minutes before trying again.",
    )


def throttled(header: int | None, body: int | None) -> Response:
    """Seconds to wait: always in the text, in a header or a field only if given."""
    seconds = body or header or 30
    detail = f"Request was throttled. Your rate limit resets in ~{seconds}s."
    page: dict[str, object] = {"title": "Too many requests", "detail": detail, "status": 429}
    if body is not None:
        page["retry_after"] = body
    headers = {"retry-after": str(header)} if header is not None else None
    return JSONResponse(page, 429, headers)


def scripted(fault: Outcome) -> Response:
    """The refusal that `create:<status>` asks for."""
    match fault.kind:
        case "402":
            return insufficient_credit()
        case "422":
            return invalid([InvalidField("invalid", "input", fault.error or "Does not match the schema")])
        case "429":
            return throttled(fault.header, fault.body)
        case status if fault.html or status == "502":
            return HTMLResponse(f"<html><body><h1>{status}</h1></body></html>", int(status))
        case status:
            return problem(int(status), "Internal server error", fault.error or "Something went wrong.")
