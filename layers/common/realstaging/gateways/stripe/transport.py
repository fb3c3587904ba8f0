"""The `stripe` package's client with our settings. Loaded with the first call only.

Facts: the package (16.1.0) has a default timeout of 80 s, does not retry by default, lets
a machine's ~/.netrc replace our key, and writes every call into the log.
"""

import logging
from typing import Any

import requests
from stripe import RequestsClient, StripeClient

from realstaging.config import Stripe
from realstaging.tracing.calls import answered, http_call


class _Session(requests.Session):
    """Its calls are spans."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        with http_call(str(request.method), str(request.url)) as span:
            response = super().send(request, **options)
            answered(span, response.status_code)
            return response


def client(limits: Stripe, key: str) -> StripeClient:
    logging.getLogger("stripe").setLevel(logging.WARNING)
    session = _Session()
    session.trust_env = False
    return StripeClient(
        key,
        http_client=RequestsClient(timeout=(limits.connect_seconds, limits.timeout_seconds), session=session),
        max_network_retries=limits.retries,
        base_addresses={"api": limits.api_base},
    )
