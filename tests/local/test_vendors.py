"""Whom a local cloud talks to: stand-ins, or real sandboxes when there is a key, never a live account."""

import pytest

from local.vendors import LiveKeyError, Vendors, vendors


def chosen() -> Vendors:
    return vendors(
        replicate="http://127.0.0.1:1",
        identity="http://127.0.0.1:2",
        stripe="http://127.0.0.1:3",
        page="http://127.0.0.1:4",
        webhook_secret="whsec_replicate",
        second_secret="whsec_second",
        stripe_secret="whsec_stripe",
    )


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REPLICATE_API_TOKEN", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)


def test_without_keys_everything_is_a_stand_in() -> None:
    found = chosen()
    assert found.overrides["stripe"] == {"api_base": "http://127.0.0.1:3", "return_url": "http://127.0.0.1:4/"}
    assert found.overrides["replicate"]["base_url"] == "http://127.0.0.1:1"
    assert found.parameters["/realstaging/local/replicate/second/webhook_secret"] == "whsec_second"
    assert found.parameters["/realstaging/local/stripe_secret_key"] == "sk_test_local"
    assert found.parameters["/realstaging/local/stripe_webhook_secret"] == "whsec_stripe"


def test_a_test_key_leads_to_the_real_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_mine")
    assert chosen().parameters["/realstaging/local/stripe_webhook_secret"] == "whsec_stripe"
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_listen")
    found = chosen()
    assert "127.0.0.1" not in found.overrides["stripe"]["api_base"]
    assert found.parameters["/realstaging/local/stripe_secret_key"] == "sk_test_mine"
    assert found.parameters["/realstaging/local/stripe_webhook_secret"] == "whsec_listen"


@pytest.mark.parametrize("key", ["sk_live_mine", "rk_live_mine", "pk_test_mine"])
def test_any_other_key_is_refused(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", key)
    with pytest.raises(LiveKeyError):
        chosen()
