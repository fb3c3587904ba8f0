"""The routes of administrators in words, in the order of the reference."""

from tools.reference.words import Operation

MODEL = {200: "The model, with the JSON Schema of what may be set."}
CHANGED = "`expected_version`, if given, must be the one it is at; `note` is kept with the version."
SETTING = {200: "The setting; of a secret only whether it is there, and who wrote it last."}

ADMINISTRATION = {
    "GET /v1/admin/models": Operation(
        "Administration",
        "listModels",
        "List every model that could be offered",
        {200: "All of them, by id."},
        "`enabled` ones are on offer. `objection` says why one cannot be enabled; `secret` is the key in the settings "
        "under which the secret is written that it needs.",
    ),
    "GET /v1/admin/models/{model_id}": Operation(
        "Administration", "getModel", "Get a model and what may be set for it", MODEL
    ),
    "GET /v1/admin/models/{model_id}/settings": Operation(
        "Administration",
        "getModelParameters",
        "Get what is set for a model, with its schema and version",
        MODEL,
        "The same as `GET /v1/admin/models/{model_id}`.",
    ),
    "PUT /v1/admin/models/{model_id}/settings": Operation(
        "Administration",
        "setModelParameters",
        "Set a model's parameters",
        MODEL,
        "The whole set, checked by the model's own schema; in force for the next run. What is not named is as we "
        "choose for each photo. The parameters may also be sent by themselves, without `parameters` around them "
        '(`{"output_quality": 90}`), `expected_version` and `note` beside them. ' + CHANGED,
        ("version_conflict",),
        counted=True,
    ),
    "POST /v1/admin/models/{model_id}/enable": Operation(
        "Administration",
        "enableModel",
        "Offer a model",
        MODEL,
        CHANGED,
        ("model_not_enableable", "version_conflict"),
        counted=True,
    ),
    "POST /v1/admin/models/{model_id}/disable": Operation(
        "Administration",
        "disableModel",
        "Offer a model no more",
        MODEL,
        "Jobs that wait for it are staged by the first of `models.fallbacks` that takes them. " + CHANGED,
        ("model_is_default", "version_conflict"),
        counted=True,
    ),
    "POST /v1/admin/models/{model_id}/make-default": Operation(
        "Administration",
        "makeModelDefault",
        "Make a model the one of requests that name none",
        MODEL,
        "The same as `PUT /v1/admin/settings/models.default`: `expected_version`, if given, must be the one that this "
        "setting is at, not the model; `note` is kept with the version.",
        ("model_disabled", "version_conflict"),
        counted=True,
    ),
    "GET /v1/admin/models/{model_id}/history": Operation(
        "Administration", "listModelVersions", "List the versions of a model's settings", {200: "A page, newest first."}
    ),
    "POST /v1/admin/models/{model_id}/rollback": Operation(
        "Administration",
        "rollBackModel",
        "Set a model back to what a version said",
        MODEL,
        "Makes a new version; 0 stands for the stage's file. " + CHANGED,
        ("model_not_enableable", "model_is_default", "version_conflict"),
        counted=True,
    ),
    "GET /v1/admin/settings": Operation(
        "Administration",
        "listSettings",
        "List what can be set while the system runs",
        {200: "All settings, then all secrets, whose values are never shown."},
    ),
    "GET /v1/admin/settings/{key}": Operation("Administration", "getSetting", "Get a setting", SETTING),
    "PUT /v1/admin/settings/{key}": Operation(
        "Administration",
        "setSetting",
        "Set a setting, or write a secret",
        SETTING,
        "A setting is in force for the next request or job, a secret within five minutes. Of two who write a secret "
        "at the same time one is told so (409): the one to send it again. " + CHANGED,
        ("version_conflict",),
        counted=True,
    ),
    "GET /v1/admin/settings/{key}/history": Operation(
        "Administration", "listSettingVersions", "List the versions of a setting", {200: "A page, newest first."}
    ),
    "POST /v1/admin/settings/{key}/rollback": Operation(
        "Administration",
        "rollBackSetting",
        "Set a setting back to what a version said",
        SETTING,
        "Makes a new version; 0 stands for the stage's file. Not for secrets. " + CHANGED,
        ("secret_not_kept", "version_conflict"),
        counted=True,
    ),
    "GET /v1/admin/audit": Operation(
        "Administration",
        "listAudit",
        "List what administrators did",
        {200: "A page, newest first, of the last thirteen months. It may be short and still have a `next_cursor`."},
        "What changed nothing, such as enabling what is enabled, is not in it.",
    ),
}
