"""`python -m standins.oidc --port 4601`: serves the stand-in on 127.0.0.1 until stopped."""

import argparse

from standins.oidc.provider import AUDIENCE, server


def main() -> None:
    parser = argparse.ArgumentParser(prog="standins.oidc", description="A stand-in for the identity provider.")
    parser.add_argument("--port", type=int, default=4601)
    parser.add_argument("--audience", default=AUDIENCE)
    given = parser.parse_args()
    server(given.port, given.audience).run()


if __name__ == "__main__":
    main()
