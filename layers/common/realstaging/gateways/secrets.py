"""Secrets by reference: `ssm:/…` names a SecureString parameter, fetched on first use and cached."""

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
    """The parameter is empty or blank."""


class Secrets:
    """`ssm` is called on first use: creating the client takes 12 ms of a cold start, and few calls need it."""

    def __init__(self, ssm: Callable[[], "SSMClient"], stage: str) -> None:
        self._ssm, self._stage = ssm, stage
        self._cache: dict[str, tuple[float, str]] = {}
        self._missing: dict[str, float] = {}

    def get(self, reference: str) -> str:
        """The secret that a setting refers to. Raises EmptySecretError."""
        cached = self._cache.get(reference)
        if cached and cached[0] > time.monotonic():
            return cached[1]
        name = _parameter(reference, self._stage)
        value = self._ssm().get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"].strip()
        if not value:
            raise EmptySecretError(f"the secret {name} is empty")
        self._cache[reference] = (time.monotonic() + KEEP_SECONDS, value)
        return value

    def find(self, reference: str) -> str | None:
        """A secret that may be missing: None without a parameter, for an empty one, or without a reference.

        A missing one is looked up again after MISSING_SECONDS.
        """
        if not reference or self._missing.get(reference, 0) > time.monotonic():
            return None
        try:
            return self.get(reference)
        except (EmptySecretError, self._ssm().exceptions.ParameterNotFound):
            self._missing[reference] = time.monotonic() + MISSING_SECONDS
            return None

    def forget(self, reference: str) -> None:
        """Drop a secret that was refused: the next use fetches it again."""
        self._cache.pop(reference, None)


class SecretWriter:
    """Writes secrets and tells which exist. It cannot read them, nor may its function's role."""

    def __init__(self, ssm: Callable[[], "SSMClient"], stage: str) -> None:
        self._ssm, self._stage = ssm, stage

    def exists(self, reference: str) -> bool:
        """Raises ProviderUnavailableError."""
        # Listing tags needs no right to read the value.
        name = _parameter(reference, self._stage)
        try:
            self._ssm().list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
        except self._ssm().exceptions.InvalidResourceId:
            return False
        except (ClientError, BotoCoreError) as error:
            log.error("secret lookup failed", parameter=name, error=type(error).__name__)
            raise ProviderUnavailableError("Whether a secret is there cannot be told now. Try again.") from error
        return True

    def put(self, reference: str, value: str) -> None:
        """Raises ProviderUnavailableError if it was not, or may not have been, stored."""
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
