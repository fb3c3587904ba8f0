"""What in the Go service's configuration is, or was, dangerous: said without any value."""

import re
from collections.abc import Iterator

from tools.convert_go_config import known
from tools.convert_go_config.rules import SECRET_LOOK, Outcome
from tools.convert_go_config.sources import Found, Sources

BYPASS = re.compile(r"BYPASS|SKIP|DISABLE|INSECURE|NO_?VERIFY|TEST_?USER|FAKE|MOCK|E2E", re.IGNORECASE)
OFF = ("", "0", "false", "no", "off")
DUMMY = re.compile(r"change.?me|your[-_ ]|placeholder|example|dummy|todo|x{4,}|<.*>|\.\.\.", re.IGNORECASE)
FORGED = (
    "the Go service then took unsigned events for Stripe's. Compare its subscriptions with Stripe's before you rely on "
    "them. Ours refuses every event until the secret is there."
)


def dangers(sources: Sources, outcome: Outcome) -> list[str]:
    found = sources.found
    return [
        *outcome.unusable,
        *_missing(found),
        *_stripe_webhook(found),
        *_in_yaml(sources),
        *_secrets(found, outcome.stage),
        *_published(found),
        *_bypasses(outcome),
        *_stage(sources),
        *_origins(outcome),
    ]


def _at(each: Found) -> str:
    return f"{each.name} ({each.where})"


def _missing(found: dict[str, Found]) -> Iterator[str]:
    for name, path in known.SETTINGS.items():
        if name not in found:
            yield f"{name} was not found: without {path} no access token is accepted."


def _stripe_webhook(found: dict[str, Found]) -> Iterator[str]:
    secret, key = found.get("STRIPE_WEBHOOK_SECRET"), found.get("STRIPE_SECRET_KEY")
    if secret and not secret.given:
        yield f"{_at(secret)} is empty: {FORGED}"
    elif key and not secret:
        yield f"STRIPE_WEBHOOK_SECRET was not found, yet Stripe is set up: unless it is set elsewhere, {FORGED}"


def _in_yaml(sources: Sources) -> Iterator[str]:
    """Whether it counted or not."""
    secrets = (*known.SECRETS, *known.LEFT_SECRETS)
    for each in (*sources.found.values(), *(old for old, _ in sources.replaced)):
        if each.name in secrets and each.in_yaml and each.given and each.file.stem != "secrets":
            yield f"{_at(each)} is a secret in a YAML file: if that file was ever committed, replace the secret."


def _secrets(found: dict[str, Found], stage: str) -> Iterator[str]:
    for each in (found[name] for name in known.SECRETS if name in found):
        if each.refers:
            yield f"{_at(each)} refers to another variable, which the Go service did not fill in."
        elif not each.given:
            if each.name != "STRIPE_WEBHOOK_SECRET":
                yield f"{_at(each)} is empty."
        elif DUMMY.search(each.given):
            yield f"{_at(each)} looks like a placeholder, not like a secret."
        elif not each.given.startswith(known.PREFIXES[each.name]):
            yield f"{_at(each)} does not begin with {' or '.join(known.PREFIXES[each.name])}: is it the right one?"
        elif each.name == "STRIPE_SECRET_KEY" and ("_live_" in each.given) != (stage == "prod"):
            kind = "live" if "_live_" in each.given else "test"
            yield f"{_at(each)} is a {kind} key, and the stage is {stage}."


def _published(found: dict[str, Found]) -> Iterator[str]:
    for each in found.values():
        if each.name.startswith(known.PUBLIC) and SECRET_LOOK.search(each.given):
            yield f"{_at(each)} looks like a secret, and every browser was given it: replace it now."


def _bypasses(outcome: Outcome) -> Iterator[str]:
    for each, _ in outcome.unknown:
        if BYPASS.search(each.name) and each.given.lower() not in OFF:
            yield f"{_at(each)} looks like a switch that lets tests in. Ours has none, in no stage."


def _stage(sources: Sources) -> Iterator[str]:
    stage = sources.found.get(known.STAGE)
    if stage and stage.given.lower() == "production":
        files = {str(each.file) for each in sources.found.values() if each.in_yaml and each.file.stem == "prod"}
        for file in sorted(files):
            yield f"{_at(stage)} is production, so the Go service never read {file}: check what is taken from there."


def _origins(outcome: Outcome) -> Iterator[str]:
    for given in outcome.deployed:
        if given.where == "AllowedOrigins" and outcome.stage != "dev" and not given.value.startswith("https://"):
            yield f"{_at(given.found)} would let a page without TLS call the API of {outcome.stage}."
