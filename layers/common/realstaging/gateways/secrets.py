"""Secrets, by reference: `ssm:/…` names a SecureString parameter, fetched on first use and kept a while."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from realstaging.errors import ProviderUnavailableError
from realstaging.observability import log

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

KEEP_SECONDS = 300
MISSING_SECONDS = 15


class EmptySecretError(RuntimeError):
    """The parameter holds nothing but spaces."""


class Secrets:
    """`ssm` is called at the first need: its client costs a cold start 12 ms that few calls use."""

    def __init__(self, ssm: Callable[[], "SSMClient"], stage: str) -> None:
        self._ssm, self._stage = ssm, stage
        self._kept: dict[str, tuple[float, str]] = {}
        self._missing: dict[str, float] = {}

    def get(self, reference: str) -> str:
        """The secret a setting refers to. Raises EmptySecretError: nothing works unsigned."""
        kept = self._kept.get(reference)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        name = _parameter(reference, self._stage)
        value = self._ssm().get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"].strip()
        if not value:
            raise EmptySecretError(f"the secret {name} is empty")
        self._kept[reference] = (time.monotonic() + KEEP_SECONDS, value)
        return value

    def find(self, reference: str) -> str | None:
        """A secret that may be missing: None without a parameter, for an empty one, or without a reference.

        A missing one is asked for again after a few seconds.
        """
        if not reference or self._missing.get(reference, 0) > time.monotonic():
            return None
        try:
            return self.get(reference)
        except (EmptySecretError, self._ssm().exceptions.ParameterNotFound):
            self._missing[reference] = time.monotonic() + MISSING_SECONDS
            return None

    def forget(self, reference: str) -> None:
        """It was refused: the next need fetches it again."""
        self._kept.pop(reference, None)


class SecretWriter:
    """Writes secrets and says which exist. It reads none; its function's role may not."""

    def __init__(self, ssm: Callable[[], "SSMClient"], stage: str) -> None:
        self._ssm, self._stage = ssm, stage

    def holds(self, reference: str) -> bool:
        """Raises ProviderUnavailableError."""
        # Tags are all that can be asked for without the right to read.
        name = _parameter(reference, self._stage)
        try:
            self._ssm().list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
        except self._ssm().exceptions.InvalidResourceId:
            return False
        except (ClientError, BotoCoreError) as error:
            log.error("secret not looked for", parameter=name, error=type(error).__name__)
            raise ProviderUnavailableError("Whether a secret is there cannot be told now. Try again.") from error
        return True

    def put(self, reference: str, value: str) -> None:
        """Raises ProviderUnavailableError if it was not stored, or perhaps not."""
        name = _parameter(reference, self._stage)
        try:
            self._ssm().put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        except (ClientError, BotoCoreError) as error:
            log.error("secret not stored", parameter=name, error=type(error).__name__)
            # Not chained: AWS may repeat the value in its message.
            raise ProviderUnavailableError("The secret was not stored. Send it again.") from None


def _parameter(reference: str, stage: str) -> str:
    scheme, _, name = reference.format(stage=stage).partition(":")
    if scheme != "ssm":
        raise RuntimeError("a secret must be referred to as ssm:/name")
    return name
