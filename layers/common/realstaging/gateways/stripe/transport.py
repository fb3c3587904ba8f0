"""How the `stripe` package is made to call. Loaded with the first call only.

Facts: the package (16.1.0) waits 80 s unless told otherwise, repeats nothing unless told otherwise, lets
a machine's ~/.netrc replace our key, and writes every call into the log.
"""

import logging

import requests
from stripe import RequestsClient, StripeClient

from realstaging.config import Stripe


def client(limits: Stripe, key: str) -> StripeClient:
    logging.getLogger("stripe").setLevel(logging.WARNING)
    session = requests.Session()
    session.trust_env = False
    return StripeClient(
        key,
        http_client=RequestsClient(timeout=(limits.connect_seconds, limits.timeout_seconds), session=session),
        max_network_retries=limits.retries,
        base_addresses={"api": limits.api_base},
    )
