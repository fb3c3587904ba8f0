"""`python -m standins.stripe --port 4602 --webhook-secret whsec_…`: serves the stand-in on 127.0.0.1 until stopped."""

import argparse
import secrets

from standins.loopback import is_loopback
from standins.stripe.account import Settings
from standins.stripe.catalog import plans_of_config
from standins.stripe.server import server


def main() -> None:
    parser = argparse.ArgumentParser(prog="standins.stripe", description="A stand-in for Stripe.")
    parser.add_argument("--port", type=int, default=4602)
    parser.add_argument("--webhook-secret", default=None, help="signs webhooks, whsec_… (default: a new one)")
    parser.add_argument("--api-key", default="sk_test_local", help="the secret key customers must send")
    parser.add_argument("--webhook-url", default=None, help="where events go; can be set later by /_script")
    parser.add_argument("--plans", choices=["config"], default=None, help="begin with the paid plans of config/")
    given = parser.parse_args()
    if given.webhook_url and not is_loopback(given.webhook_url):
        parser.error("this stand-in calls loopback addresses only")
    secret = given.webhook_secret or f"whsec_{secrets.token_hex(16)}"
    plans = plans_of_config() if given.plans else ()
    server(Settings(given.port, secret, given.api_key, given.webhook_url, plans)).run()


if __name__ == "__main__":
    main()
