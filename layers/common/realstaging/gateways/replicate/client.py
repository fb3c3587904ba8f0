"""Replicate, through its own package over a transport of ours (replicate_transport.py).

The API has no idempotency key: a create that may have been accepted is never repeated here.
"""

import functools
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from realstaging.config import Settings
from realstaging.gateways.replicate.errors import (
    AccountError,
    ModelRefusedError,
    NotTakenError,
    RefusedError,
    StatusError,
    UnsureError,
)
from realstaging.gateways.secrets import Secrets
from realstaging.models.runs import Prediction, without_queries

if TYPE_CHECKING:
    from replicate.client import Client

    from realstaging.gateways.replicate.transport import Transport

LIST_PAGES = 20
# 400 and 422 are about the input, except these: the model or its version is not available to us.
NO_SUCH_MODEL = re.compile(
    r"invalid version or not permitted"
    r"|(model|version)\b[^.]{0,60}\b(does not exist|not found|no longer|disabled|deprecated)"
    r"|no such (model|version)",
    re.IGNORECASE,
)


class Replicate:
    """Imports the package and fetches the token at the first call: most results need neither."""

    def __init__(
        self,
        token: Callable[[], str],
        base_url: str,
        *,
        timeout_seconds: float,
        max_retry_after: float,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        """`refused` is called when the token is not accepted, so that `token` returns a new one."""
        self._token, self._refused = token, refused
        self.base_url, self._max_retry_after, self._timeout_seconds = base_url, max_retry_after, timeout_seconds

    @classmethod
    def of(cls, settings: Settings, secrets: Secrets, token: str) -> "Replicate":
        """As the settings describe it. `token`: where that of the account is kept."""
        limits = settings.replicate
        return cls(
            lambda: secrets.get(token),
            limits.base_url,
            timeout_seconds=limits.timeout_seconds,
            max_retry_after=limits.max_retry_after_seconds,
            refused=lambda: secrets.forget(token),
        )

    @functools.cached_property
    def _transport(self) -> "Transport":
        from realstaging.gateways.replicate.transport import Transport

        return Transport(self._timeout_seconds)

    @functools.cached_property
    def _client(self) -> "Client":
        from replicate.client import Client

        return Client(api_token=self._token(), base_url=self.base_url, transport=self._transport)

    def prepare(self) -> None:
        """Fetch the token if there is none yet, before anything that costs money is started."""
        _ = self._client

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        self.__dict__.pop("_client", None)
        if transport := self.__dict__.pop("_transport", None):
            transport.close()

    def create(
        self, *, model: str, version: str | None, input: dict[str, Any], webhook: str | None, cancel_after: int
    ) -> Prediction:
        """Start one paid run. Raises NotTakenError, AccountError, ModelRefusedError, RefusedError or UnsureError.

        A refused token is fetched again and the call repeated once: nothing was accepted yet.
        """
        hook: Any = {"webhook": webhook, "webhook_events_filter": ["completed"]} if webhook else {}
        self._transport.cancel_after = cancel_after
        name = f"{model}:{version}" if version else model
        for is_last in (False, True):
            try:
                answer = self._answer(lambda: self._client.predictions.create(version=name, input=input, **hook))
            except StatusError as error:
                if error.status == 401:
                    self._forget_token()
                    if not is_last:
                        continue
                raise self._classified(error) from error
            return Prediction.of(answer)
        raise AssertionError("the last try ends the loop")

    def _forget_token(self) -> None:
        """The token may have been changed: the next call fetches it again."""
        self._refused()
        self.__dict__.pop("_client", None)

    def find(self, prediction_id: str) -> Prediction | None:
        """One run, or None if it does not exist. Raises UnsureError when neither is certain."""
        try:
            return Prediction.of(self._answer(lambda: self._client.predictions.get(prediction_id)))
        except StatusError as error:
            if error.status == 404:
                return None
            raise UnsureError(f"status {error.status}") from error
        except NotTakenError as error:
            raise UnsureError(error.reason) from error

    def find_marked(self, marker: str, since: datetime, until: datetime) -> Prediction | None:
        """The run created in that time whose input contains our marker. Raises UnsureError.

        The API has no search by our id, so recent runs are listed and compared; it keeps their input for one
        hour.
        """
        for data in self._list_runs(since, until):
            run = Prediction.of(data)
            if marker in run.marks.split():
                return run
        return None

    def cancel(self, prediction_id: str) -> None:
        """Best effort: a run that cannot be canceled ends by its own deadline."""
        try:
            self._answer(lambda: self._client.predictions.cancel(prediction_id))
        except (StatusError, NotTakenError, UnsureError):
            return

    def _answer(self, call: Callable[[], object]) -> dict[str, Any]:
        """The JSON that the provider answered to a call, even if the package cannot parse it."""
        self._transport.answer = {}
        try:
            call()
        except (ValueError, KeyError, TypeError) as error:
            if not self._transport.answer:
                raise UnsureError(type(error).__name__) from error
        return self._transport.answer

    def _list_runs(self, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        span = {"created_after": since.isoformat(), "created_before": until.isoformat()}
        address = f"/v1/predictions?{urlencode(span)}"
        ends = time.monotonic() + self._timeout_seconds  # for the whole search, not for each page
        for _ in range(LIST_PAGES):
            self._transport.until = ends
            try:
                answer = self._answer(functools.partial(self._client.predictions.list, address))
            except (StatusError, NotTakenError) as error:
                raise UnsureError(str(error)) from error
            finally:
                self._transport.until = None
            found = answer.get("results")
            if not isinstance(found, list):
                raise UnsureError("the answer is not a list of runs")
            yield from (each for each in found if isinstance(each, dict))
            next_url = answer.get("next")
            if not next_url:
                return
            next_parts = urlsplit(str(next_url))
            address = f"{next_parts.path}?{next_parts.query}"
        raise UnsureError("more runs than were read")

    def _classified(self, error: StatusError) -> Exception:
        if error.status == 402:
            return AccountError("out of credit", None)
        if error.status == 429:
            wait = _retry_after(error.headers, error.body)
            return NotTakenError("throttled", None if wait is None else min(wait, self._max_retry_after))
        if error.status == 401:
            return AccountError("status 401", None)
        if error.status in (403, 404, 410) or (error.status in (400, 422) and NO_SUCH_MODEL.search(error.text)):
            return ModelRefusedError(f"status {error.status}: {without_queries(error.text)[:500]}", None)
        if 400 <= error.status < 500:
            return RefusedError(f"status {error.status}: {without_queries(error.text)[:500]}")
        return UnsureError(f"status {error.status}")


def _retry_after(headers: Mapping[str, str], body: Any) -> float | None:
    """Seconds to wait: the header, else the body's field, else the "~30s" of the text."""
    if (header := headers.get("retry-after", "")).strip().isdigit():
        return float(header)
    if isinstance(body, dict):
        if isinstance(body.get("retry_after"), int | float):
            return float(body["retry_after"])
        if match := re.search(r"~(\d+)s", str(body.get("detail"))):
            return float(match[1])
    return None
