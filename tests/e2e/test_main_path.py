"""Photos in, staged photos out, on the real template."""

import io
import os
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.e2e.conftest import Agent, Photo, until
from tests.support.photos import bad_files, distinct_room, in_format, room, turned

pytestmark = pytest.mark.e2e

FORMATS = [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("HEIF", "image/heic")]
TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".heic": "image/heic"}


def opened(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    picture = Image.open(io.BytesIO(answer.content))
    picture.load()
    assert picture.format == "JPEG"
    return picture


def assert_staged(agent: Agent, job_id: str, width: int, height: int) -> None:
    job = agent.job(job_id)
    assert (job["status"], job["charged"], job["error"]) == ("ready", True, None)
    picture = opened(agent.result(job_id))
    assert picture.size == (job["result"]["width"], job["result"]["height"])
    assert picture.width / picture.height == pytest.approx(width / height, rel=0.01)


@pytest.mark.parametrize(("format", "content_type"), FORMATS)
def test_a_photo_of_every_format_is_staged_in_its_own_shape(agent: Agent, format: str, content_type: str) -> None:
    photo = in_format(format, content_type)
    plan = agent.stage([photo])
    agent.finished(plan["batch_id"])
    image = agent.get(f"/v1/images/{plan['items'][0]['image']['id']}")
    assert (image["status"], image["content_type"], image["size_bytes"]) == ("ready", content_type, len(photo.data))
    assert_staged(agent, plan["items"][0]["jobs"][0]["id"], image["width"], image["height"])
    original = httpx.get(agent.get(f"/v1/images/{image['id']}/file", variant="original")["url"])
    assert (original.content, original.headers["content-type"]) == (photo.data, content_type)


def test_a_turned_photo_comes_out_upright_and_without_its_place(agent: Agent) -> None:
    plan = agent.stage([turned()])
    agent.finished(plan["batch_id"])
    image = agent.get(f"/v1/images/{plan['items'][0]['image']['id']}")
    with Image.open(io.BytesIO(room().data)) as upright:
        assert (image["width"], image["height"]) == upright.size
    for variant in ("master", "thumbnail"):
        picture = opened(httpx.get(agent.get(f"/v1/images/{image['id']}/file", variant=variant)["url"]))
        assert picture.width / picture.height == pytest.approx(image["width"] / image["height"], rel=0.01)
        assert not picture.getexif()
    assert_staged(agent, plan["items"][0]["jobs"][0]["id"], image["width"], image["height"])


def test_fifty_photos_are_all_staged_but_the_broken_one_which_costs_nothing(agent: Agent) -> None:
    photos = [distinct_room(index) for index in range(50)]
    photos[17] = Photo("cut.jpg", "image/jpeg", photos[17].data[:5000])
    # In the model's own size: in the photo's, each takes a second of the processor, and others look at that.
    plan = agent.stage(photos, style="modern", size="model")
    batch = agent.finished(plan["batch_id"])
    assert batch["status"] == "partial"
    assert (batch["counts"]["ready"], batch["counts"]["failed"]) == (49, 1)
    failed = next(job for job in batch["jobs"] if job["status"] == "failed")
    assert failed["id"] == plan["items"][17]["jobs"][0]["id"]
    assert (failed["error"]["code"], failed["charged"]) == ("image_truncated", False)
    assert agent.usage() == (49, 0, 49)
    assert agent.get("/v1/account/usage")["used"] == 49
    assert agent.ledger()[failed["id"]] == "released"


@pytest.mark.parametrize("code", ["image_truncated", "unsupported_image_type",
                                  "image_too_small", "image_too_many_pixels"])  # fmt: skip
def test_what_is_not_a_usable_photo_is_rejected_with_its_reason(agent: Agent, code: str) -> None:
    plan = agent.stage([bad_files()[code]])
    batch = agent.finished(plan["batch_id"])
    image = agent.get(f"/v1/images/{plan['items'][0]['image']['id']}")
    assert (image["status"], image["error"]["code"]) == ("rejected", code)
    assert (batch["status"], batch["jobs"][0]["error"]["code"]) == ("failed", code)
    assert agent.usage() == (0, 0, 0)
    refused = agent.http.get(f"/v1/images/{image['id']}/file")
    assert (refused.status_code, refused.json()["code"]) == (409, "image_not_ready")


def test_several_styles_and_variations_each_give_a_result(agent: Agent) -> None:
    plan = agent.stage([room(1)], room_type="bedroom", styles=["modern", "scandinavian"], variations=2, seed=7)
    jobs = agent.finished(plan["batch_id"])["jobs"]
    assert sorted((job["style"], job["seed"]) for job in jobs) == [
        ("modern", 7), ("modern", 8), ("scandinavian", 7), ("scandinavian", 8)]  # fmt: skip
    assert len({agent.result(job["id"]).content for job in jobs}) == 4


def test_an_upload_without_settings_is_stored_and_costs_nothing(agent: Agent) -> None:
    project, photo = agent.project(), room()
    file = {"filename": photo.name, "content_type": photo.content_type, "size_bytes": len(photo.data), "settings": None}
    plan = agent.post("/v1/uploads", {"project_id": project, "defaults": {"style": "modern"}, "files": [file]})
    assert plan["items"][0]["jobs"] == []
    assert agent.upload(plan["items"][0], photo).status_code == 204
    image_id = plan["items"][0]["image"]["id"]
    until(lambda: agent.get(f"/v1/images/{image_id}")["status"] == "ready" or None)
    listed = agent.get(f"/v1/projects/{project}/images")["items"]
    assert [(item["id"], item["jobs"]) for item in listed] == [(image_id, [])]
    assert agent.usage() == (0, 0, 0)


def test_the_upload_form_takes_only_what_was_announced(agent: Agent) -> None:
    item = agent.plan([room()])["items"][0]
    form = item["upload"]

    def send(fields: dict[str, str], data: bytes) -> int:
        return httpx.post(form["url"], data=fields, files={"file": data}, timeout=120).status_code

    assert send({**form["fields"], "Content-Type": "text/html"}, b"x") == 403
    assert send({**form["fields"], "key": form["fields"]["key"].replace("uploads/", "originals/")}, b"x") == 403
    assert send({**form["fields"], "x-amz-signature": "0" * 64}, b"x") == 403
    assert send(form["fields"], b"") == 400
    assert send(form["fields"], bytes(50 * 1024 * 1024 + 1)) == 400
    assert agent.get(f"/v1/images/{item['image']['id']}")["status"] == "awaiting_upload"
    fresh = agent.post(f"/v1/images/{item['image']['id']}/upload-url", status=200)
    assert httpx.post(fresh["url"], data=fresh["fields"], files={"file": room().data}).status_code == 204


@pytest.mark.skipif("REAL_PHOTOS" not in os.environ, reason="set REAL_PHOTOS to a folder of real photographs")
def test_real_photographs_are_staged_in_their_own_shape(agent: Agent) -> None:
    paths = [path for path in sorted(Path(os.environ["REAL_PHOTOS"]).iterdir()) if path.suffix.lower() in TYPES]
    photos = [Photo(path.name, TYPES[path.suffix.lower()], path.read_bytes()) for path in paths]
    assert photos, "REAL_PHOTOS holds no photographs"
    plan = agent.stage(photos)
    assert agent.finished(plan["batch_id"])["status"] == "ready"
    for item in plan["items"]:
        image = agent.get(f"/v1/images/{item['image']['id']}")
        assert_staged(agent, item["jobs"][0]["id"], image["width"], image["height"])
