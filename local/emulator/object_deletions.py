"""DeleteObjects: each key is allowed or denied by itself, and denied ones are listed in an answer with 200.

ministack refuses the whole request when one key is denied, which nobody can overlook.
"""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import ministack.core.iam_actions as permissions
from ministack import app
from ministack.services import s3

from local.emulator.shapes import Answer

_action_of: Callable[..., str | None]
_more_checks: Callable[..., list[tuple[str, str]]] = permissions.s3_additional_checks
_delete_objects: Callable[..., Answer] = s3._delete_objects
ROOT_TAG = b"</DeleteResult>"


def _is_delete(service: str, method: str, query: Any) -> bool:
    return service == "s3" and method == "POST" and "delete" in (query or {})


def action_of(*request: Any) -> str | None:
    """None for DeleteObjects: who asks is checked now, what for in `delete_objects`."""
    service, method, *_, query = request
    return None if _is_delete(service, method, query) else _action_of(*request)


def more_checks(method: str, path: str, headers: Any, body: bytes, query: Any) -> list[tuple[str, str]]:
    return [] if _is_delete("s3", method, query) else _more_checks(method, path, headers, body, query)


def delete_objects(bucket: str, body: bytes, headers: dict[str, str] | None = None) -> Answer:
    try:
        wanted = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return _delete_objects(bucket, body, headers)
    denied: list[str] = []
    for each in [one for one in wanted if one.tag.rpartition("}")[2] == "Object"]:
        key = next((one.text or "" for one in each if one.tag.rpartition("}")[2] == "Key"), "")
        if app._enforce_data_plane(
            "s3", "s3:DeleteObject", headers or {}, {}, "", resource_arn=f"arn:aws:s3:::{bucket}/{key}"
        ):
            denied.append(key)
            wanted.remove(each)
    status, answered, said = _delete_objects(bucket, ElementTree.tostring(wanted) if denied else body, headers)
    if denied and status == 200:
        errors = "".join(
            f"<Error><Key>{escape(key)}</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            for key in denied
        )
        said = _with(said, errors.encode())
        answered = {name: value for name, value in answered.items() if name.lower() != "content-length"}
    return status, answered, said


def _with(document: bytes, errors: bytes) -> bytes:
    """The answer with more in it; an empty one is `<DeleteResult .../>`."""
    if ROOT_TAG in document:
        return document.replace(ROOT_TAG, errors + ROOT_TAG)
    head, _, _ = document.rpartition(b"/>")
    return head.rstrip() + b">" + errors + ROOT_TAG


def install() -> None:
    global _action_of  # noqa: PLW0603  (what other modules of ours made of it)
    _action_of = permissions.extract_iam_action
    permissions.extract_iam_action, permissions.s3_additional_checks = action_of, more_checks
    s3._delete_objects = delete_objects
