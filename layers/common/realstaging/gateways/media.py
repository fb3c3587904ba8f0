"""The media bucket: uploads, originals, masters, thumbnails and results, each under its owner."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from botocore.exceptions import ClientError

from realstaging.models.images import FileView, Image, PresignedPost

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

YEAR = "private, max-age=31536000, immutable"

PREFIXES = ("uploads", "originals", "masters", "thumbnails", "staged", "pairs", "overlays")


PUT_TRIES = 4
# Errors of a copy after which the bytes are written instead.
WRITE_INSTEAD = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404")


class ObjectsLeftError(Exception):
    """S3 did not delete some objects: a fault, repeated by the caller."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded object: its size in bytes, its ETag, and its bytes unless it is too large."""

    size: int
    data: bytes | None
    etag: str


def upload_key(owner: str, image_id: str) -> str:
    return f"uploads/{owner}/{image_id}"


def upload_of(key: str) -> tuple[str, str] | None:
    """The owner and image id in an upload's key; None for any other key."""
    parts = key.split("/")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "uploads" and all(parts) else None


def pair_key(owner: str, verification_id: str, part: str) -> str:
    """A file that was uploaded for a verification: its `original` or its `altered`."""
    return f"pairs/{owner}/{verification_id}/{part}"


def pair_of(key: str) -> tuple[str, str] | None:
    """The owner and verification id in the key of such a file; None for any other key."""
    parts = key.split("/")
    return (parts[1], parts[2]) if len(parts) == 4 and parts[0] == "pairs" and all(parts) else None


def verification_overlay_key(owner: str, verification_id: str) -> str:
    return f"overlays/{owner}/{verification_id}.jpg"


def original_key(owner: str, sha256: str) -> str:
    return f"originals/{owner}/{sha256}"


def master_key(owner: str, image_id: str) -> str:
    return f"masters/{owner}/{image_id}.jpg"


def thumbnail_key(owner: str, image_id: str) -> str:
    return f"thumbnails/{owner}/{image_id}.jpg"


def staged_prefix(owner: str, job_id: str) -> str:
    return f"staged/{owner}/{job_id}/"


def staged_key(owner: str, job_id: str, attempt: int, ending: str = ".jpg") -> str:
    """A file of an attempt, such as `.jpg`, `-thumbnail.jpg`, `-overlay.jpg` or `-report.json`."""
    return f"{staged_prefix(owner, job_id)}{attempt}{ending}"


def attachment(name: str) -> str:
    """A Content-Disposition that saves a file under its own name, in any script (RFC 6266).

    Old clients read the ASCII `filename`: without accents, and with `_` for other letters.
    """
    without_accents = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    ascii_name = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ()") else "_" for c in without_accents)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


class Media:
    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def upload_form(self, image: Image, at: datetime, *, max_bytes: int, seconds: int) -> PresignedPost:
        """A presigned POST for an image's file."""
        key = upload_key(image.owner, image.id)
        return self.form(key, image.content_type, at, max_bytes=max_bytes, seconds=seconds)

    def form(self, key: str, content_type: str, at: datetime, *, max_bytes: int, seconds: int) -> PresignedPost:
        """A presigned POST for this key and type, of at most `max_bytes`, valid for `seconds` or until our session
        ends.

        The type comes from a closed list: the bucket holds nothing that a browser would execute.
        """
        fields = {"Content-Type": content_type}
        conditions: list[object] = [{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]]
        seconds = self._within_session(seconds)
        post = self._s3.generate_presigned_post(
            self._bucket,
            key,
            Fields=fields,
            Conditions=conditions,
            ExpiresIn=seconds,
        )
        return PresignedPost(url=post["url"], fields=post["fields"], expires_at=at + timedelta(seconds=seconds))

    def uploaded(self, owner: str, image_id: str, max_bytes: int) -> Upload | None:
        """The image's upload, or None; its bytes are read only up to `max_bytes`."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=upload_key(owner, image_id))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                return None
            raise
        size = answer["ContentLength"]
        with answer["Body"] as body:
            return Upload(size, body.read() if size <= max_bytes else None, answer["ETag"])

    def was_uploaded(self, owner: str, image_id: str) -> bool:
        return self.has(upload_key(owner, image_id))

    def read(self, key: str) -> bytes:
        with self._s3.get_object(Bucket=self._bucket, Key=key)["Body"] as body:
            return body.read()

    def read_if_there(self, key: str) -> bytes | None:
        try:
            return self.read(key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                return None
            raise

    def put_once(self, key: str, data: bytes, content_type: str) -> bool:
        """Write an object unless it exists; False if it does, for example after a repeated delivery."""
        for _ in range(PUT_TRIES - 1):
            try:
                return self._put_new(key, data, content_type)
            except ClientError as error:
                # Two conditional writes of one key at the same time: one succeeded, and the next try shows which.
                if error.response.get("Error", {}).get("Code") != "ConditionalRequestConflict":
                    raise
        return self._put_new(key, data, content_type)

    def _put_new(self, key: str, data: bytes, content_type: str) -> bool:
        try:
            self._put(key, data, content_type, IfNoneMatch="*")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "PreconditionFailed":
                raise
            return False
        return True

    def keep_original(self, image: Image, sha256: str, upload: Upload, content_type: str) -> bool:
        """Copy the upload to its original inside S3; False if the original exists.

        Copies only if the upload still has the ETag that was read; else the bytes that were read are written.
        """
        assert upload.data is not None
        key = original_key(image.owner, sha256)
        try:
            self._s3.copy_object(
                Bucket=self._bucket,
                Key=key,
                CopySource={"Bucket": self._bucket, "Key": upload_key(image.owner, image.id)},
                CopySourceIfMatch=upload.etag,
                IfNoneMatch="*",
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
                ContentType=content_type,
                CacheControl=YEAR,
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in WRITE_INSTEAD:
                raise
            return False if self.has(key) else self.put_once(key, upload.data, content_type)
        return True

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Write or overwrite an object."""
        self._put(key, data, content_type)

    def _put(self, key: str, data: bytes, content_type: str, **condition: str) -> None:
        self._s3.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=data,
            ContentType=content_type,
            CacheControl=YEAR,
            **condition,  # type: ignore[arg-type]
        )

    def remove(self, *keys: str) -> None:
        """Delete objects; a missing one is no error. Raises ObjectsLeftError."""
        if not keys:
            return
        answer = self._s3.delete_objects(
            Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
        )
        # S3 answers 200 and lists the objects that it could not delete.
        if errors := answer.get("Errors", []):
            raise ObjectsLeftError(f"{len(errors)} of {len(keys)} objects: {errors[0].get('Code')}")

    def remove_under(self, prefix: str) -> int:
        """Delete up to a thousand objects below a prefix; returns how many."""
        found = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix).get("Contents", [])
        self.remove(*(each["Key"] for each in found))
        return len(found)

    def remove_owner(self, owner: str) -> int:
        """Likewise below all prefixes of an owner."""
        return sum(self.remove_under(f"{kind}/{owner}/") for kind in PREFIXES)

    def has(self, key: str) -> bool:
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404", "NotFound"):
                return False
            raise
        return True

    def link(self, key: str, seconds: int, *, name: str | None = None) -> str:
        """A presigned URL of an object, valid for `seconds` or until our session ends; with `name`, browsers save it
        under that name."""
        params = {"Bucket": self._bucket, "Key": key}
        if name:
            params["ResponseContentDisposition"] = attachment(name)
        return self._s3.generate_presigned_url("get_object", Params=params, ExpiresIn=self._within_session(seconds))

    def file(self, key: str, content_type: str, at: datetime, seconds: int, *, name: str | None) -> FileView:
        """Likewise, with the time of its end."""
        seconds = self._within_session(seconds)
        url = self.link(key, seconds, name=name)
        return FileView(url=url, expires_at=at + timedelta(seconds=seconds), content_type=content_type)

    def _within_session(self, seconds: int) -> int:
        """What is signed ends with the session that signs it, whatever it says itself.

        Credentials that tell their end are renewed first, if it is near. Lambda's own, in its environment, tell none;
        they outlive the longest link by hours (boto3 issue 2392).
        """
        credentials = self._s3._request_signer._credentials  # type: ignore[attr-defined]
        credentials.get_frozen_credentials()
        ends: datetime | None = getattr(credentials, "_expiry_time", None)
        left = int((ends - datetime.now(UTC)).total_seconds()) if ends else seconds
        return max(1, min(seconds, left))
