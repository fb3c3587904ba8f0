"""Every model on offer, from an uploaded photo to a picture of its shape, at its price."""

import io
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from realstaging import config
from realstaging.image_models import registry
from tests.e2e.conftest import Agent, creations
from tests.support.photos import photo

pytestmark = pytest.mark.e2e

ENABLED = config.load("local").models.enabled
SHAPED = [model_id for model_id in ENABLED if registry.get(model_id).aspect_ratios]
ANY_SHAPE = [model_id for model_id in ENABLED if model_id not in SHAPED]


def staged(agent: Agent, model_id: str, width: int, height: int) -> dict[str, Any]:
    plan = agent.stage([photo(width, height)], room_type="bedroom", style="modern", seed=7, model=model_id)
    agent.finished(plan["batch_id"])
    return agent.job(plan["items"][0]["jobs"][0]["id"])


def price(model_id: str, job: dict[str, Any], width: int, height: int) -> Decimal:
    return registry.get(model_id).price.cost(job["result"]["width"], job["result"]["height"], (width, height))


@pytest.mark.parametrize("model_id", ENABLED)
@pytest.mark.parametrize("size", [(1500, 1000), (1000, 1500)], ids=["landscape", "portrait"])
def test_a_photo_is_staged_in_its_own_shape_at_the_models_price(
    agent: Agent, model_id: str, size: tuple[int, int]
) -> None:
    job = staged(agent, model_id, *size)

    assert (job["status"], job["error"], job["model"]) == ("ready", None, model_id)
    assert job["result"]["width"] / job["result"]["height"] == pytest.approx(size[0] / size[1], rel=0.01)
    assert Decimal(job["cost_usd"]) == price(model_id, job, *size)
    picture = Image.open(io.BytesIO(agent.result(job["id"]).content))
    assert picture.size == (job["result"]["width"], job["result"]["height"])
    # Neither the photo's address nor the prompt is kept with the job.
    [row] = [row for row in agent.rows("JOB#") if row["id"] == job["id"]]
    assert row["input"]
    assert "http" not in str(row["input"])
    assert "furniture" not in str(row["input"])


@pytest.mark.parametrize("model_id", ANY_SHAPE)
def test_a_shape_no_model_names_is_kept_all_the_same(agent: Agent, model_id: str) -> None:
    job = staged(agent, model_id, 1400, 1000)

    assert (job["status"], job["error"]) == ("ready", None)
    assert job["result"]["width"] / job["result"]["height"] == pytest.approx(1.4, rel=0.01)


@pytest.mark.parametrize("model_id", SHAPED)
def test_a_photo_whose_shape_a_model_cannot_make_costs_nothing(agent: Agent, model_id: str) -> None:
    job = staged(agent, model_id, 1600, 1200)

    assert (job["status"], job["error"]["code"], job["charged"]) == ("failed", "input_refused", False)
    assert "1600 x 1200" in job["error"]["detail"]
    assert creations(agent.cloud, job["id"]) == []
    assert agent.usage() == (0, 0, 0)
