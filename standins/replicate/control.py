"""Control routes for tests: /_script, /_log, /_redeliver (see README.md)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from standins.replicate.account import Provider
from standins.replicate.predictions import Prediction
from standins.replicate.script import Script


async def show_script(request: Request) -> Response:
    return JSONResponse(request.app.state.provider.director.as_json())


async def set_script(request: Request) -> Response:
    try:
        script = Script.model_validate_json(await request.body())
    except ValidationError as error:
        return _not_understood(error)
    request.app.state.provider.director.follow(script)
    return await show_script(request)


async def reset_script(request: Request) -> Response:
    request.app.state.provider.director.follow(Script())
    return await show_script(request)


async def show_log(request: Request) -> Response:
    return JSONResponse(request.app.state.provider.record.as_json())


async def clear_log(request: Request) -> Response:
    request.app.state.provider.record.clear()
    return Response(status_code=204)


class Redelivery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    prediction_id: str | None = None
    webhook_contains: str | None = None
    kind: Literal["genuine", "unsigned", "forged", "tampered", "stale"] = "genuine"
    signed_by: str | None = None  # the token of another account, whose secret signs it

    def wants(self, prediction: Prediction) -> bool:
        if self.prediction_id is not None:
            return prediction.id == self.prediction_id
        return self.webhook_contains is not None and self.webhook_contains in (prediction.webhook or "")


async def redeliver(request: Request) -> Response:
    """Send the last webhook of finished predictions again; return the receiver's answers."""
    provider: Provider = request.app.state.provider
    try:
        wanted = Redelivery.model_validate_json(await request.body())
    except ValidationError as error:
        return _not_understood(error)
    if wanted.signed_by and wanted.signed_by not in provider.accounts:
        return JSONResponse({"errors": [{"loc": ["signed_by"], "msg": "no such account"}]}, 422)
    answers = []
    for account in provider.accounts.values():
        for prediction in [each for each in account.predictions.values() if wanted.wants(each)]:
            message = account.sender.message(prediction, "completed") if prediction.over.is_set() else None
            if message:
                sender = provider.accounts[wanted.signed_by].sender if wanted.signed_by else account.sender
                answers.append(await sender.send(message, wanted.kind))
    return JSONResponse({"redelivered": len(answers), "answers": answers})


def _not_understood(error: ValidationError) -> Response:
    return JSONResponse({"errors": error.errors(include_url=False, include_context=False)}, 422)


ROUTES = [
    Route("/_script", show_script, methods=["GET"]),
    Route("/_script", set_script, methods=["POST"]),
    Route("/_script", reset_script, methods=["DELETE"]),
    Route("/_log", show_log, methods=["GET"]),
    Route("/_log", clear_log, methods=["DELETE"]),
    Route("/_redeliver", redeliver, methods=["POST"]),
]
