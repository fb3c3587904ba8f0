"""How long fifty jobs take into a queue, all in one call of ours and in fifty; in milliseconds, the best of three."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from realstaging import aws
from realstaging.gateways.queues import StageQueue
from realstaging.models.jobs import Job, JobStatus

JOBS, ROUNDS = 50, 3


def job(number: int, at: datetime) -> Job:
    return Job(
        id=f"job_{number:026}",
        image_id=f"img_{number:026}",
        project_id="prj_bench",
        batch_id="bat_bench",
        status=JobStatus.QUEUED,
        model="bench/model",
        created_at=at,
        updated_at=at,
        owner="bench",
        period=f"{at:%Y-%m}",
        traceparent=f"00-{number + 1:032x}-{number + 1:016x}-01",
        correlation_id="bench",
    )


def took(send: Callable[[], None]) -> float:
    began = time.perf_counter()
    send()
    return (time.perf_counter() - began) * 1000


def main(url: str) -> None:
    queue, at = StageQueue(aws.sqs(), url), datetime.now(UTC)
    jobs = [job(number, at) for number in range(JOBS)]
    queue.send(jobs[:1])  # the connection

    def one_by_one() -> None:
        for each in jobs:
            queue.send([each])

    together = min(took(lambda: queue.send(jobs)) for _ in range(ROUNDS))
    print(json.dumps({"together": together, "one_by_one": min(took(one_by_one) for _ in range(ROUNDS))}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
