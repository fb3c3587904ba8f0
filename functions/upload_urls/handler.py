"""POST /v1/uploads, POST /v1/images/{id}/upload-url."""

import realstaging  # noqa: F401 (first: it makes starts quick)

# isort: split
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from realstaging import aws
from realstaging.api.app import Api, answered, serve
from realstaging.api.auth import Authenticator
from realstaging.api.documentation import ITEMS, ImageId, describe
from realstaging.config import required, settings
from realstaging.gateways.media import Media
from realstaging.jobs.builder import RequestContext
from realstaging.models.images import PresignedPost
from realstaging.models.requests import UploadAnswer, UploadRequest
from realstaging.observability import observed
from realstaging.runtime_settings import RuntimeSettings
from realstaging.stores.batches import BatchStore
from realstaging.stores.images import ImageStore
from realstaging.stores.jobs import JobStore
from realstaging.stores.quota import QuotaStore
from realstaging.stores.runtime_settings import OverrideStore
from realstaging.uploads.plan import fresh_form, plan

app = Api(settings(), aws.table())
gate = Authenticator(settings(), aws.table())
quota = QuotaStore(aws.table())
jobs = JobStore(aws.table())
images = ImageStore(aws.table())
batches = BatchStore(aws.table())
live = RuntimeSettings(settings(), OverrideStore(aws.table()))
media = Media(aws.s3(), required("BUCKET_NAME"))


@app.post(
    "/v1/uploads",
    **describe(
        "Uploads",
        "createUploads",
        "Plan an upload of 1–50 photos",
        {201: "Every file was taken.", 207: "Some files were taken, some refused."},
        (
            "Makes an image for each file, and its jobs if it is to be staged, and reserves their "
            "quota: whole or not at all. Then send every file to its `upload`: a multipart/form-data "
            "`POST` to `url`, the `fields` first, the file last. Staging starts by itself once a file "
            "has arrived. A file's `settings` override `defaults` key by key; `settings: null` stores "
            "the photo and stages nothing; neither `settings` nor `defaults` means the same. One job "
            "is made per style and variation. "
        )
        + ITEMS,
        codes=("quota_exceeded", "too_many_canceled_runs", "not_found"),
        creates=True,
        itemized=True,
    ),
)
def post_uploads(request: UploadRequest) -> Response[UploadAnswer]:
    once = app.idempotent(datetime.now(UTC))
    terms = live.of(app.owner, once.at)
    context = RequestContext(app.owner, once.at, terms, app.trace, app.request_id, once.seed)
    return answered(plan(request, context, once, batches=batches, media=media))


@app.post(
    "/v1/images/<image_id>/upload-url",
    **describe(
        "Uploads",
        "renewUpload",
        "Get a fresh form for a photo that was not sent yet",
        {200: "Another form for the same image."},
        "Forms expire after minutes. While the image is `awaiting_upload`, this makes another one.",
        codes=("image_not_awaiting_upload", "version_conflict"),
        counted=True,
    ),
)
def post_upload_url(image_id: ImageId) -> PresignedPost:
    at = datetime.now(UTC)
    app.count_creation(at)
    image = images.get(app.owner, image_id)
    return fresh_form(image, at, settings(), images=images, media=media)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return serve(app, event, context, authenticate=gate, max_body_bytes=settings().uploads.max_body_bytes)
