"""Examples of what administrators ask and are told."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from realstaging.models import admin as a
from realstaging.models.picture_checks import CheckFigures

AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
BY = "auth0!7C1a2b"
ID = "qwen/qwen-image-edit-2511"
KEY = "jobs.max_attempts"

_model = a.AdminModelView(
    id=ID,
    name="Qwen Image Edit 2511",
    description="Furnishes quickly and at low cost; keeps the photo's viewpoint and shape.",
    model_version=None,
    enabled=True,
    default=True,
    offered=True,
    objection=None,
    secret=None,
    price=a.PriceView(
        run_usd=Decimal("0.03"), megapixel_out_usd=Decimal(0), megapixel_in_usd=Decimal(0), exceptions=[]
    ),
    typical_seconds=8.0,
    accepts_seed=True,
    keeps_aspect=True,
    aspect_ratios=[],
    max_inputs=3,
    max_pixels=None,
    max_prompt_length=None,
    output_formats=["webp", "jpg", "png"],
    parameters={"go_fast": False},
    version=4,
)
_listed = a.ListedModel(**_model.model_dump(), checks=CheckFigures(passed=412, review=31, failed=9))
_in_full = a.AdminModelInFull(
    **_model.model_dump(),
    parameters_schema={"type": "object", "properties": {"go_fast": {"type": "boolean", "default": True}}},
    defaults={"go_fast": True},
)
_setting = a.SettingView(
    key=KEY,
    value=5,
    default=3,
    set=True,
    version=2,
    description="How often a job is given to the model before it fails.",
    value_schema={"type": "integer", "minimum": 1, "maximum": 10},
)
_secret = a.SecretView(key="secrets.replicate_api_token", set=True, version=1, updated_at=AT, updated_by=BY)
_models = a.ModelRevisionPage(
    items=[a.ModelRevision(version=4, parameters={"go_fast": False}, enabled=None, by=BY, at=AT, note="sharper")],
    next_cursor=None,
)
_settings = a.SettingRevisionPage(
    items=[a.SettingRevision(version=2, value=5, set=True, by=BY, at=AT, note="a bad day at the provider")],
    next_cursor=None,
)
_done = a.AuditEntry(
    id="aud_01KKNA8Y2GQ5V7M3RZT4XW9B5A",
    at=AT,
    by=BY,
    action="setting.set",
    subject=f"settings/{KEY}",
    before=3,
    after=5,
)
_plain = {"for a reason": {"note": "its results are too dark"}}
_back = {"to the first version": {"version": 1, "note": "as before"}}

REQUESTS: dict[str, dict[str, Any]] = {
    "PUT /v1/admin/models/{model_id}/settings": {
        "one parameter": {"parameters": {"go_fast": False}, "expected_version": 3, "note": "sharper"},
    },
    "POST /v1/admin/models/{model_id}/enable": _plain,
    "POST /v1/admin/models/{model_id}/disable": _plain,
    "POST /v1/admin/models/{model_id}/make-default": _plain,
    "POST /v1/admin/models/{model_id}/rollback": _back,
    "PUT /v1/admin/settings/{key}": {
        "a number": {"value": 5, "expected_version": 1, "note": "a bad day at the provider"},
        "models": {"value": ["google/nano-banana", "qwen/qwen-image-edit-plus"]},
    },
    "POST /v1/admin/settings/{key}/rollback": _back,
}
ANSWERS: dict[str, BaseModel] = {
    "GET /v1/admin/models 200": a.AdminModelList(items=[_listed]),
    "GET /v1/admin/models/{model_id} 200": _in_full,
    "GET /v1/admin/models/{model_id}/settings 200": _in_full,
    "PUT /v1/admin/models/{model_id}/settings 200": _in_full,
    "POST /v1/admin/models/{model_id}/enable 200": _in_full,
    "POST /v1/admin/models/{model_id}/disable 200": _in_full.model_copy(update={"enabled": False, "default": False}),
    "POST /v1/admin/models/{model_id}/make-default 200": _in_full,
    "POST /v1/admin/models/{model_id}/rollback 200": _in_full,
    "GET /v1/admin/models/{model_id}/history 200": _models,
    "GET /v1/admin/settings 200": a.SettingList(items=[_setting, _secret]),
    "GET /v1/admin/settings/{key} 200": _setting,
    "PUT /v1/admin/settings/{key} 200": _setting,
    "POST /v1/admin/settings/{key}/rollback 200": _setting,
    "GET /v1/admin/settings/{key}/history 200": _settings,
    "GET /v1/admin/audit 200": a.AuditPage(items=[_done], next_cursor=None),
}
