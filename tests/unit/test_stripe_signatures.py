"""Stripe's signatures: what Stripe signed passes, anything else does not, and Stripe's own check agrees."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import SignatureVerificationError, WebhookSignature

from realstaging.errors import UnauthorizedError
from realstaging.webhook_signatures import MAX_HEADER, TOLERANCE_SECONDS, sign_stripe, verify_stripe

NOW = 1_795_000_000
SECRET, OTHER = "whsec_ours", "whsec_somebody_elses"
BODY = '{"id": "evt_1", "object": "event", "note": "très bien – 完"}'.encode()


def sealed(body: bytes = BODY, *, secret: str = SECRET, at: int | str = NOW) -> str:
    return f"t={at},v1={sign_stripe(body, str(at), secret).decode()}"


def passes(body: bytes, header: str, secrets: str = SECRET, now: float = NOW) -> bool:
    try:
        verify_stripe(body, {"Stripe-Signature": header}, secrets, now)
    except UnauthorizedError:
        return False
    return True


def passes_at_stripe(body: bytes, header: str) -> bool:
    try:
        return bool(WebhookSignature.verify_header(body.decode(), header, SECRET, TOLERANCE_SECONDS))
    except SignatureVerificationError:
        return False


@given(
    st.text(min_size=1).map(str.encode), st.sampled_from([SECRET, OTHER]), st.sampled_from([0, -290, -310, -(10**9)])
)
def test_our_verdict_is_stripes_verdict(body: bytes, secret: str, late: int) -> None:
    now = int(time.time())
    header = sealed(body, secret=secret, at=now + late)

    assert passes(body, header, now=now) == passes_at_stripe(body, header)


def test_what_stripes_package_signs_passes() -> None:
    now = int(time.time())
    header = WebhookSignature.generate_signature_header(BODY.decode(), SECRET)

    assert passes(BODY, header, now=now)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_signed_also_such_as_are_no_text(body: bytes) -> None:
    assert passes(body, sealed(body))


@given(st.binary(min_size=1, max_size=300), st.data())
def test_any_changed_byte_refuses(body: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != body[position]))

    assert not passes(body[:position] + bytes([other]) + body[position + 1 :], sealed(body))


@given(st.binary(max_size=300), st.binary(min_size=1, max_size=20))
def test_bytes_before_or_after_refuse(body: bytes, more: bytes) -> None:
    assert not passes(body + more, sealed(body))
    assert not passes(more + body, sealed(body))


@given(st.data())
def test_any_changed_letter_of_the_header_refuses(data: st.DataObject) -> None:
    header = sealed()
    position = data.draw(st.integers(0, len(header) - 1))
    other = data.draw(st.characters().filter(lambda letter: letter != header[position]))

    assert not passes(BODY, header[:position] + other + header[position + 1 :])


@pytest.mark.parametrize(
    ("away", "good"), [(0, True), (-300, True), (300, True), (-301, False), (301, False), (86_400, False)]
)
def test_the_clock_is_held_to_five_minutes_both_ways(away: int, good: bool) -> None:
    assert passes(BODY, sealed(at=NOW + away)) is good


@pytest.mark.parametrize("at", ["now", "1e9", f"{NOW}.5", f"-{NOW}", f" {NOW}", "²", "٣" * 10, "9" * 400, ""])
def test_a_time_that_is_no_whole_number_is_refused(at: str) -> None:
    assert not passes(BODY, sealed(at=at))


def test_while_the_secret_is_changed_both_are_good() -> None:
    both = f"{SECRET} {OTHER}"

    assert passes(BODY, sealed(secret=SECRET), both)
    assert passes(BODY, sealed(secret=OTHER), both)
    assert not passes(BODY, sealed(secret=OTHER), SECRET)


def test_one_good_signature_among_others_is_enough() -> None:
    good = sign_stripe(BODY, str(NOW), SECRET).decode()

    assert passes(BODY, f"t={NOW},v1={'0' * 64},v0=abc,v1={good}")
    assert passes(BODY, f"v1={good},t={NOW}")


@pytest.mark.parametrize("kind", ["v0", "v2", "V1", "", "v11"])
def test_a_signature_of_another_kind_counts_for_nothing(kind: str) -> None:
    assert not passes(BODY, sealed().replace("v1=", f"{kind}="))


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "nonsense",
        "t=",
        f"t={NOW}",
        f"t={NOW},v1",
        f"t={NOW},v1=",
        f"t={NOW},v1=é漢",
        f"{NOW},{'0' * 64}",
        "=,=",
    ],
)
def test_a_malformed_header_is_refused(header: str) -> None:
    assert not passes(BODY, header)


def test_two_times_are_refused_whichever_was_signed() -> None:
    good = sign_stripe(BODY, str(NOW), SECRET).decode()

    assert not passes(BODY, f"t={NOW},t={NOW + 1},v1={good}")
    assert not passes(BODY, f"t={NOW + 1},t={NOW},v1={good}")


def test_a_huge_header_is_not_looked_at() -> None:
    assert not passes(BODY, sealed() + ",v1=" + "0" * MAX_HEADER)


def test_a_hash_in_capitals_is_not_what_stripe_sends() -> None:
    assert not passes(BODY, f"t={NOW},v1={sign_stripe(BODY, str(NOW), SECRET).decode().upper()}")


@pytest.mark.parametrize("empty", ["", " "])
def test_without_a_secret_nothing_passes(empty: str) -> None:
    assert not passes(BODY, sealed(), empty)
    assert not passes(BODY, sealed(secret=""), empty)
