"""Metrics say which function and which stage they come from, after each flush too."""

import json

import pytest

from realstaging.observability import count, metrics


def test_every_metric_names_its_service_and_its_stage(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        metrics.clear_metrics()
        count("RunStarted")
        metrics.flush_metrics()
        said = json.loads(capsys.readouterr().out)
        assert (said["service"], said["stage"]) == ("tests", "local")
        assert sorted(said["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]) == ["service", "stage"]
