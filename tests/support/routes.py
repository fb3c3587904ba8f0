"""Every route with a body it takes, and paths with made-up ids."""

from typing import Any

UPLOAD: dict[str, Any] = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1}


BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/projects"): {"name": "14 Elm Street"},
    ("PATCH", "/v1/projects/<project_id>"): {"name": "14 Elm Street"},
    ("POST", "/v1/uploads"): {"project_id": "prj_unknown", "files": [UPLOAD]},
    ("POST", "/v1/jobs"): {"items": [{"image_id": "img_unknown"}]},
    ("PATCH", "/v1/account"): {"full_name": "Alice"},
    ("POST", "/v1/account/api-keys"): {"name": "a program"},
    ("POST", "/v1/billing/checkout"): {"plan": "pro"},
    ("POST", "/v1/billing/subscription/preview"): {"plan": "pro"},
    ("PATCH", "/v1/billing/subscription"): {"plan": "pro"},
    ("PUT", "/v1/admin/models/<model_id>/settings"): {"parameters": {}},
    ("POST", "/v1/admin/models/<model_id>/rollback"): {"version": 0},
    ("PUT", "/v1/admin/settings/<key>"): {"value": 1, "note": "why"},
    ("POST", "/v1/admin/settings/<key>/rollback"): {"version": 0},
    ("PATCH", "/v1/admin/users/<owner>"): {"extra_quota": 1},
    ("POST", "/v1/admin/queues/<name>/redrive"): {"max": 1},
}


def made_up(path: str) -> str:
    for name, prefix in (("project_id", "prj"), ("image_id", "img"), ("job_id", "job"), ("batch_id", "bat")):
        path = path.replace(f"<{name}>", f"{prefix}_01M7W2Y7M00TN8T8J0FC1BVBAK")
    return path.replace("<", "").replace(">", "")
