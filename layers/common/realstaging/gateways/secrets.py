"""Secrets, by reference: `ssm:/…` names a SecureString parameter, fetched on first use and kept a while."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

KEEP_SECONDS = 300


class Secrets:
    """`ssm` is called at the first need: its client costs a cold start 12 ms that few calls use."""

    def __init__(self, ssm: Callable[[], "SSMClient"], stage: str) -> None:
        self._ssm, self._stage = ssm, stage
        self._kept: dict[str, tuple[float, str]] = {}

    def get(self, reference: str) -> str:
        """The secret a setting refers to. Raises RuntimeError for an empty one: nothing works unsigned."""
        kept = self._kept.get(reference)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        scheme, _, name = reference.format(stage=self._stage).partition(":")
        if scheme != "ssm":
            raise RuntimeError("a secret must be referred to as ssm:/name")
        value = self._ssm().get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"].strip()
        if not value:
            raise RuntimeError(f"the secret {name} is empty")
        self._kept[reference] = (time.monotonic() + KEEP_SECONDS, value)
        return value
