"""Every refusal and every failure we expect to report, with the HTTP status it becomes.

AppError
├─ MalformedRequestError        400  malformed_request
├─ UnauthorizedError            401  unauthorized
├─ QuotaExceededError           402  quota_exceeded
├─ TooManyCanceledRunsError     402  too_many_canceled_runs
├─ PaymentDeclinedError         402  payment_declined
├─ ForbiddenError               403  forbidden
├─ NotFoundError                404  not_found
├─ MethodNotAllowedError        405  method_not_allowed
├─ ConflictError                409  conflict
│  ├─ ImageNotReadyError        409  image_not_ready
│  ├─ ImageNotAwaitingError     409  image_not_awaiting_upload
│  ├─ JobNotReadyError          409  job_not_ready
│  ├─ VerificationNotReadyError 409  verification_not_ready
│  ├─ JobNotCancelableError     409  job_not_cancelable
│  ├─ JobNotRetryableError      409  job_not_retryable
│  ├─ TooManyWaitingError       409  too_many_waiting_jobs
│  ├─ TooManyApiKeysError       409  too_many_api_keys
│  ├─ ModelNotEnableableError   409  model_not_enableable
│  ├─ ModelIsDefaultError       409  model_is_default
│  ├─ ModelDisabledError        409  model_disabled
│  ├─ SecretNotKeptError        409  secret_not_kept
│  ├─ OwnRoleError              409  own_role
│  ├─ BillingStateError         409  billing_state_changed
│  ├─ CustomerGoneError         409  customer_gone
│  ├─ SubscriptionExistsError   409  subscription_exists
│  ├─ NoSubscriptionError       409  no_subscription
│  ├─ NoCustomerError           409  no_customer
│  └─ VersionConflictError      409  version_conflict
├─ PayloadTooLargeError         413  payload_too_large
├─ UnsupportedMediaTypeError    415  unsupported_media_type
├─ ValidationFailedError        422  validation_failed
├─ IdempotencyKeyReusedError    422  idempotency_key_reused
├─ RateLimitedError             429  rate_limited
├─ TooManySocketsError          429  too_many_sockets
├─ InternalError                500  internal_error
├─ ProviderUnavailableError     503  provider_unavailable
├─ BillingNotSetUpError         503  billing_not_set_up
├─ PhotoError                   422  photo_rejected
│  ├─ UnsupportedImageTypeError 422  unsupported_image_type
│  ├─ ImageTruncatedError       422  image_truncated
│  ├─ ImageUnreadableError      422  image_unreadable
│  ├─ ImageTooManyPixelsError   422  image_too_many_pixels
│  ├─ ImageTooSmallError        422  image_too_small
│  ├─ ImageTooWideError         422  image_too_wide
│  ├─ UploadTooLargeError       422  upload_too_large
│  ├─ ChecksumMismatchError     422  checksum_mismatch
│  └─ UploadExpiredError        422  upload_expired
└─ StagingError                 502  staging_failed
   ├─ ContentRefusedError       422  content_refused
   ├─ InputRefusedError         502  input_refused
   ├─ OutputUnusableError       502  output_unusable
   ├─ StructureChangedError     422  structure_changed
   ├─ LostRunError              502  run_lost
   ├─ ModelUnavailableError     503  model_unavailable
   └─ StagingTimedOutError      504  staging_timed_out

`AppError` is final: the caller (or the job) is told, nobody is paged, nothing is retried by the
platform. Any other exception is a fault. The status sits here, once per refusal, never at the
place that raises. `code` is stable; `title` and `detail` are for people.
"""

from http import HTTPStatus
from typing import Any, ClassVar


class AppError(Exception):
    """A final answer. `detail` says what to change; `members` are extra fields of the problem."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    title: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


class MalformedRequestError(AppError):
    status = HTTPStatus.BAD_REQUEST
    code = "malformed_request"
    title = "The request could not be read"


class UnauthorizedError(AppError):
    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"
    title = "A valid access token is needed"


class QuotaExceededError(AppError):
    status = HTTPStatus.PAYMENT_REQUIRED
    code = "quota_exceeded"
    title = "The plan's images of this period are used up"

    def __init__(self, *, limit: int, used: int, requested: int) -> None:
        remaining = max(limit - used, 0)
        super().__init__(
            f"{requested} requested, {remaining} of {limit} left in this period. Ask for fewer, or upgrade the plan.",
            limit=limit,
            used=used,
            remaining=remaining,
            requested=requested,
        )


class TooManyCanceledRunsError(AppError):
    """`limit`: how many a period may have; as many as the plan includes results."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "too_many_canceled_runs"
    title = "Too many running jobs were canceled in this period"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} jobs of this period were canceled or deleted while the model was at work, which is paid all the "
            "same. Wait for the next period, or upgrade the plan.",
            limit=limit,
        )


class PaymentDeclinedError(AppError):
    """Nothing was changed: a change that is not paid for does not happen."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "payment_declined"
    title = "The payment did not go through"


class ForbiddenError(AppError):
    status = HTTPStatus.FORBIDDEN
    code = "forbidden"
    title = "This account may not do that"


class NotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    code = "not_found"
    title = "There is no such object"

    def __init__(self, what: str, *, where: str = " in your account") -> None:
        super().__init__(f"No {what} with this id{where}." if where else f"No such {what}.")


class MethodNotAllowedError(AppError):
    """`allowed`: the methods that the path takes."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "method_not_allowed"
    title = "The path does not take this method"

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(f"Use one of: {', '.join(allowed)}.")
        self.allowed = allowed


class ConflictError(AppError):
    status = HTTPStatus.CONFLICT
    code = "conflict"
    title = "The object's state does not allow this"


class ImageNotReadyError(ConflictError):
    code = "image_not_ready"
    title = "The image has no usable file yet"


class ImageNotAwaitingError(ConflictError):
    code = "image_not_awaiting_upload"
    title = "The image no longer waits for its file"


class JobNotReadyError(ConflictError):
    code = "job_not_ready"
    title = "The job has no result yet"


class VerificationNotReadyError(ConflictError):
    code = "verification_not_ready"
    title = "The verification has no report yet"


class JobNotCancelableError(ConflictError):
    code = "job_not_cancelable"
    title = "The job has ended already"


class JobNotRetryableError(ConflictError):
    code = "job_not_retryable"
    title = "The job cannot be tried again"


class TooManyWaitingError(ConflictError):
    code = "too_many_waiting_jobs"
    title = "Too many jobs wait for this image's file"


class TooManyApiKeysError(ConflictError):
    code = "too_many_api_keys"
    title = "Too many API keys"


class ModelNotEnableableError(ConflictError):
    code = "model_not_enableable"
    title = "The model cannot be offered"


class ModelIsDefaultError(ConflictError):
    code = "model_is_default"
    title = "The default model cannot be disabled"


class ModelDisabledError(ConflictError):
    code = "model_disabled"
    title = "The model is not enabled"


class SecretNotKeptError(ConflictError):
    code = "secret_not_kept"
    title = "Earlier values of a secret are not kept"


class OwnRoleError(ConflictError):
    """So that the last administrator cannot lock everybody out."""

    code = "own_role"
    title = "Nobody changes their own role"


class BillingStateError(ConflictError):
    code = "billing_state_changed"
    title = "The subscription or checkout is no longer in that state"


class CustomerGoneError(ConflictError):
    """Its record at Stripe was deleted; the next checkout makes a new one."""

    code = "customer_gone"
    title = "The billing record is gone"


class SubscriptionExistsError(ConflictError):
    code = "subscription_exists"
    title = "There is a subscription already"


class NoSubscriptionError(ConflictError):
    code = "no_subscription"
    title = "There is no running subscription"


class NoCustomerError(ConflictError):
    code = "no_customer"
    title = "Nothing was ever bought"


class VersionConflictError(ConflictError):
    code = "version_conflict"
    title = "Somebody else changed the object at the same time"
    retryable = True


class PayloadTooLargeError(AppError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "payload_too_large"
    title = "The request body is too large"


class UnsupportedMediaTypeError(AppError):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"
    title = "The request body must be JSON"


class ValidationFailedError(AppError):
    """`errors`: one `{pointer, message}` per problem; pointers are RFC 6901."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "validation_failed"
    title = "Some fields are not valid"

    def __init__(self, errors: list[dict[str, str]], **members: Any) -> None:
        count = len(errors)
        super().__init__(
            f"{count} field{'s are' if count != 1 else ' is'} not valid; see errors.", errors=errors, **members
        )


class IdempotencyKeyReusedError(AppError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency_key_reused"
    title = "This Idempotency-Key belongs to another request"


class RateLimitedError(AppError):
    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "rate_limited"
    title = "Too many requests"
    retryable = True


class TooManySocketsError(AppError):
    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_sockets"
    title = "Too many open sockets"
    retryable = True


class InternalError(AppError):
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal_error"
    title = "Something went wrong on our side"
    retryable = True


class ProviderUnavailableError(AppError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "provider_unavailable"
    title = "A service we depend on is not available"
    retryable = True


class BillingNotSetUpError(AppError):
    """This deployment has no keys of Stripe's: everything but billing works."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "billing_not_set_up"
    title = "Billing is not set up here"

    def __init__(self) -> None:
        super().__init__("Plans cannot be bought or changed on this deployment.")


class PhotoError(AppError):
    """The uploaded bytes cannot be staged: the image is rejected and its jobs fail with this."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "photo_rejected"
    title = "The photo cannot be used"


class UnsupportedImageTypeError(PhotoError):
    code = "unsupported_image_type"
    title = "The file is not a supported picture"


class ImageTruncatedError(PhotoError):
    code = "image_truncated"
    title = "The file ends too early"


class ImageUnreadableError(PhotoError):
    code = "image_unreadable"
    title = "The picture cannot be decoded"


class ImageTooManyPixelsError(PhotoError):
    code = "image_too_many_pixels"
    title = "The picture has too many pixels"


class ImageTooSmallError(PhotoError):
    code = "image_too_small"
    title = "The picture is too small"


class ImageTooWideError(PhotoError):
    code = "image_too_wide"
    title = "The picture is far longer than wide"


class UploadTooLargeError(PhotoError):
    code = "upload_too_large"
    title = "The file is too large"


class ChecksumMismatchError(PhotoError):
    code = "checksum_mismatch"
    title = "The file is not the one that was announced"


class UploadExpiredError(PhotoError):
    code = "upload_expired"
    title = "The file was never uploaded"


class StagingError(AppError):
    """The model gave no result; nobody is charged."""

    status = HTTPStatus.BAD_GATEWAY
    code = "staging_failed"
    title = "The staging model failed"
    retryable = True


class ContentRefusedError(StagingError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "content_refused"
    title = "The model's content filter refused this photo or prompt"
    retryable = False


class InputRefusedError(StagingError):
    code = "input_refused"
    title = "The model does not accept these settings"
    retryable = False


class OutputUnusableError(StagingError):
    """`made`: the pixels of what was delivered, where that can be told; it is billed all the same."""

    code = "output_unusable"
    title = "The model's result was not a usable picture"

    def __init__(self, detail: str, made: tuple[int, int] | None = None) -> None:
        super().__init__(detail)
        self.made = made


class StructureChangedError(StagingError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "structure_changed"
    title = "The result does not keep the room"


class LostRunError(StagingError):
    """Retryable by its owner, never by us: we might pay twice."""

    code = "run_lost"
    title = "The connection to the model was lost"


class ModelUnavailableError(StagingError):
    """The provider does not run this model for us just now; its own trouble, not the account's."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "model_unavailable"
    title = "The model is not available"


class StagingTimedOutError(StagingError):
    status = HTTPStatus.GATEWAY_TIMEOUT
    code = "staging_timed_out"
    title = "The model took too long"
