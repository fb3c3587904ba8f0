"""Every route of the API in words, in the order of the reference."""

from tools.reference.administration import ADMINISTRATION
from tools.reference.billing import BILLING, PEOPLE
from tools.reference.operating import OPERATING
from tools.reference.words import Operation

GONE = {204: "It is gone. Files follow within a day; what was used stays used; work in flight is canceled."}
ITEMS = "`items` keeps the request's order; each item has its own `status`, and `error` if it was refused."

OPERATIONS = {
    "POST /v1/uploads": Operation(
        "Uploads",
        "createUploads",
        "Plan an upload of 1–50 photos",
        {201: "Every file was taken.", 207: "Some files were taken, some refused."},
        "Makes an image for each file, and its jobs if it is to be staged, and reserves their quota: whole or not at "
        "all. Then send every file to its `upload`: a multipart/form-data `POST` to `url`, the `fields` first, the "
        "file last. Staging starts by itself once a file has arrived. A file's `settings` override `defaults` key by "
        "key; `settings: null` stores the photo and stages nothing; neither `settings` nor `defaults` means the same. "
        "One job is made per style and variation. " + ITEMS,
        ("quota_exceeded", "not_found"),
        creates=True,
        itemized=True,
    ),
    "POST /v1/images/{image_id}/upload-url": Operation(
        "Uploads",
        "renewUpload",
        "Get a fresh form for a photo that was not sent yet",
        {200: "Another form for the same image."},
        "Forms expire after minutes. While the image is `awaiting_upload`, this makes another one.",
        ("image_not_awaiting_upload", "version_conflict"),
    ),
    "POST /v1/projects": Operation(
        "Projects", "createProject", "Open a project", {201: "The new project."}, creates=True
    ),
    "GET /v1/projects": Operation("Projects", "listProjects", "List projects", {200: "A page, newest first."}),
    "GET /v1/projects/{project_id}": Operation("Projects", "getProject", "Get a project", {200: "The project."}),
    "PATCH /v1/projects/{project_id}": Operation(
        "Projects", "renameProject", "Rename a project", {200: "The project, its `version` grown."}
    ),
    "DELETE /v1/projects/{project_id}": Operation(
        "Projects",
        "deleteProject",
        "Delete a project and everything in it",
        GONE,
        codes=("version_conflict",),
    ),
    "GET /v1/projects/{project_id}/cost": Operation(
        "Projects",
        "getProjectCost",
        "What a project's runs cost at the provider",
        {200: "Totals of all runs ever billed for it, those of deleted jobs included."},
    ),
    "GET /v1/projects/{project_id}/images": Operation(
        "Projects",
        "listProjectImages",
        "List a project's images, each with its jobs",
        {200: "A page, newest first."},
    ),
    "GET /v1/images/{image_id}": Operation("Images", "getImage", "Get an image", {200: "The image."}),
    "DELETE /v1/images/{image_id}": Operation(
        "Images", "deleteImage", "Delete an image and its jobs", GONE, codes=("version_conflict",)
    ),
    "GET /v1/images/{image_id}/file": Operation(
        "Images",
        "getImageFile",
        "Get an address of a photo",
        {200: "A signed address, good until `expires_at`."},
        "`original`: the very bytes that were uploaded. `master`: an upright JPEG without location, which is what "
        "models see. `thumbnail`: a small JPEG.",
        ("image_not_ready",),
    ),
    "POST /v1/jobs": Operation(
        "Jobs",
        "createJobs",
        "Stage 1–50 images that are there, again or in other ways",
        {202: "Every item was taken.", 207: "Some items were taken, some refused."},
        "Images may also still be `awaiting_upload`: their jobs wait for the file. An item's `settings` override "
        "`defaults` key by key. " + ITEMS,
        ("quota_exceeded", "conflict"),
        creates=True,
        itemized=True,
    ),
    "GET /v1/jobs": Operation(
        "Jobs",
        "listJobs",
        "List jobs",
        {200: "A page, newest first. A filter that matches nothing gives an empty page."},
    ),
    "GET /v1/jobs/{job_id}": Operation("Jobs", "getJob", "Get a job", {200: "The job."}),
    "DELETE /v1/jobs/{job_id}": Operation(
        "Jobs", "deleteJob", "Delete a job and its result", GONE, codes=("version_conflict",)
    ),
    "POST /v1/jobs/{job_id}/cancel": Operation(
        "Jobs",
        "cancelJob",
        "Cancel a job",
        {200: "The job, `canceled`."},
        "Before there is a result; then it costs nothing.",
        ("job_not_cancelable",),
    ),
    "POST /v1/jobs/{job_id}/retry": Operation(
        "Jobs",
        "retryJob",
        "Try a failed or canceled job again",
        {201: "A new job; its `parent_job_id` is the old one."},
        codes=(
            "quota_exceeded",
            "conflict",
            "job_not_retryable",
            "image_not_ready",
            "too_many_waiting_jobs",
        ),
        creates=True,
    ),
    "GET /v1/jobs/{job_id}/file": Operation(
        "Jobs",
        "getJobFile",
        "Get an address of a result",
        {200: "A signed address, good until `expires_at`."},
        codes=("job_not_ready",),
    ),
    "GET /v1/batches/{batch_id}": Operation(
        "Batches", "getBatch", "Get a batch with its jobs", {200: "The batch, its counts and jobs."}
    ),
    "POST /v1/batches/{batch_id}/cancel": Operation(
        "Batches",
        "cancelBatch",
        "Cancel what has not ended in a batch",
        {200: "The batch. A job that ended in this very moment keeps its result."},
    ),
    "POST /v1/batches/{batch_id}/retry": Operation(
        "Batches",
        "retryBatch",
        "Try a batch's failed jobs again",
        {202: "New jobs, in a batch of their own.", 207: "New jobs for some, refusals for others."},
        "Only what failed and was not tried again yet. " + ITEMS,
        ("quota_exceeded", "conflict", "job_not_retryable"),
        creates=True,
        itemized=True,
    ),
    "GET /v1/account": Operation("Account", "getAccount", "Get the caller's account", {200: "The account."}),
    "PATCH /v1/account": Operation(
        "Account",
        "updateAccount",
        "Change the profile",
        {200: "The account, its `version` grown."},
        "A JSON merge patch (RFC 7396): what is not named stays, `null` removes.",
        ("version_conflict",),
    ),
    "DELETE /v1/account": Operation(
        "Account",
        "deleteAccount",
        "Delete the account and everything in it",
        {204: "It is closed at once; data and files follow within a day."},
        "From now on, at the latest after a few seconds, every request of this caller is answered 403 `forbidden`, "
        "those with API keys too. What is paid for the account ends first. " + PEOPLE,
        ("billing_state_changed",),
    ),
    "GET /v1/account/usage": Operation(
        "Account",
        "getUsage",
        "What is used and left in this period",
        {200: "The counters. `used` holds work in flight too: only delivered results stay used."},
    ),
    "GET /v1/account/cost": Operation(
        "Account",
        "getCost",
        "What an account's runs cost at the provider",
        {200: "Totals of all runs ever billed, those of deleted projects included."},
    ),
    "GET /v1/account/ledger": Operation(
        "Account",
        "listLedger",
        "List what was reserved, captured and released",
        {200: "A page, newest first: one entry per job."},
    ),
    "POST /v1/account/socket-tickets": Operation(
        "Account",
        "createSocketTicket",
        "Get a ticket for a WebSocket",
        {201: "Open `url` within seconds: a ticket works once."},
    ),
    "POST /v1/account/api-keys": Operation(
        "Account",
        "createApiKey",
        "Make an API key",
        {201: "The key. `key` is shown this once and stored only as a hash; `null` in a repeated answer."},
        codes=("too_many_api_keys",),
        creates=True,
    ),
    "GET /v1/account/api-keys": Operation(
        "Account", "listApiKeys", "List API keys", {200: "All of them, without their secrets."}
    ),
    "DELETE /v1/account/api-keys/{key_id}": Operation(
        "Account", "revokeApiKey", "Revoke an API key", {204: "It opens nothing any more."}
    ),
    **BILLING,
    **ADMINISTRATION,
    **OPERATING,
    "GET /v1/capabilities": Operation(
        "Service",
        "getCapabilities",
        "What is on offer: rooms, styles, models, limits, plans",
        {200: "Everything a form needs. A deprecated style still works and `maps_to` another."},
    ),
    "GET /v1/health": Operation("Service", "getHealth", "Whether the service answers", {200: "It does."}),
    "GET /v1/openapi.json": Operation("Service", "getOpenapi", "This document", {200: "OpenAPI 3.1, for all routes."}),
    "GET /docs": Operation(
        "Service", "getDocs", "This document, to be read", {200: "One page, without scripts."}, content_type="text/html"
    ),
    "POST /v1/webhooks/replicate/{job_id}/{attempt}": Operation(
        "Webhooks",
        "receivePrediction",
        "What became of a run at Replicate",
        {202: "Taken. It is also the answer for a run that is over already, so that nobody repeats it."},
        "Signed as in Standard Webhooks: HMAC-SHA256 over `{id}.{timestamp}.{body}`, at most five minutes old.",
        ("malformed_request", "unauthorized", "payload_too_large"),
        path={"job_id": "The job.", "attempt": "Which of its attempts."},
    ),
    "POST /v1/webhooks/stripe": Operation(
        "Webhooks",
        "receiveBillingEvent",
        "Something happened at Stripe",
        {200: "Taken, also for what was taken before and for events of no interest."},
        "What an event holds is not believed: the customer's subscriptions are asked for, and their owner has what "
        "they say. Signed as Stripe signs: HMAC-SHA256 over `{timestamp}.{body}`, at most five minutes old.",
        ("malformed_request", "unauthorized", "payload_too_large"),
    ),
}
