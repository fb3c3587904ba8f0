"""`python -m standins.replicate --port 4600 --secret whsec_…`: serves the stand-in on 127.0.0.1 until stopped."""

import argparse

from standins.replicate.account import Settings
from standins.replicate.server import server
from standins.replicate.webhooks import new_secret


def main() -> None:
    parser = argparse.ArgumentParser(prog="standins.replicate", description="A stand-in for Replicate.")
    parser.add_argument("--port", type=int, default=4600)
    parser.add_argument("--secret", default=None, help="webhook signing secret, whsec_<base64> (default: a new one)")
    parser.add_argument("--token", default="r8_local", help="the API token customers must send")
    parser.add_argument("--latency", type=float, default=3.0, help="seconds a prediction takes")
    parser.add_argument(
        "--account",
        nargs=2,
        action="append",
        default=[],
        metavar=("TOKEN", "SECRET"),
        help="a further account, with the webhook secret of its own",
    )
    given = parser.parse_args()
    more = tuple((token, secret) for token, secret in given.account)
    settings = Settings(given.port, given.secret or new_secret(), given.token, given.latency, more)
    server(settings).run()


if __name__ == "__main__":
    main()
