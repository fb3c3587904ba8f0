"""Webhook signatures: what the provider signed passes, anything else does not, and the vendor's own check agrees."""

import base64
import time
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replicate.webhook import Webhooks, WebhookSigningSecret

from realstaging.errors import UnauthorizedError
from realstaging.webhook_signatures import TOLERANCE_SECONDS, sign_replicate, verify_replicate

NOW = 1_795_000_000
SECRET = "whsec_" + base64.b64encode(b"our own secret of thirty-two byte").decode()
OTHER = "whsec_" + base64.b64encode(b"somebody else's secret").decode()
BODY = '{"id": "p1", "status": "succeeded", "logs": "très bien – 完"}'.encode()


def _sealed(body: bytes = BODY, *, secret: str = SECRET, at: int = NOW, id: str = "msg_1") -> dict[str, str]:
    signed = sign_replicate(f"{id}.{at}.".encode() + body, secret).decode()
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signed}"}


def _passes(body: bytes, headers: Mapping[str, str], secrets: str = SECRET, now: float = NOW) -> bool:
    try:
        verify_replicate(body, headers, secrets, now)
    except UnauthorizedError:
        return False
    return True


def _passes_at_the_vendors(body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhooks.validate(headers=headers, body=body.decode(), secret=WebhookSigningSecret(key=SECRET), tolerance=300)
    except ValueError:
        return False
    return True


@given(st.text(min_size=1).map(str.encode), st.sampled_from([SECRET, OTHER]), st.sampled_from([0, -299, -301, 10**9]))
def test_our_verdict_is_the_vendors_verdict(body: bytes, secret: str, late: int) -> None:
    now = int(time.time())
    headers = _sealed(body, secret=secret, at=now + late)

    assert _passes(body, headers, now=now) == _passes_at_the_vendors(body, headers)


@pytest.mark.parametrize("write", [str.lower, str.title, str.upper])
def test_header_names_may_be_written_in_any_case(write: Callable[[str], str]) -> None:
    now = int(time.time())
    headers = {write(name): value for name, value in _sealed(at=now).items()}

    assert _passes_at_the_vendors(BODY, headers)
    assert _passes(BODY, headers, now=now)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_signed_also_such_as_are_no_text(body: bytes) -> None:
    assert _passes(body, _sealed(body))


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_one_changed_byte_is_noticed(where: int, change: int) -> None:
    tampered = BODY[:where] + bytes([BODY[where] ^ change]) + BODY[where + 1 :]

    assert not _passes(tampered, _sealed())


@pytest.mark.parametrize("tampered", [b"", BODY + b" ", BODY[:-1], b"\xef\xbb\xbf" + BODY])
def test_a_longer_or_shorter_body_is_noticed(tampered: bytes) -> None:
    assert not _passes(tampered, _sealed())


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("change", ["missing", "empty", "other"])
def test_every_signed_part_is_needed(name: str, change: str) -> None:
    headers = _sealed()
    other = {"webhook-id": "msg_2", "webhook-timestamp": str(NOW + 1), "webhook-signature": "v1,AAAA"}[name]
    match change:
        case "missing":
            del headers[name]
        case "empty":
            headers[name] = ""
        case _:
            headers[name] = other

    assert not _passes(BODY, headers)


@pytest.mark.parametrize("late", [0, TOLERANCE_SECONDS, -TOLERANCE_SECONDS])
def test_a_signature_of_the_last_or_next_five_minutes_passes(late: int) -> None:
    assert _passes(BODY, _sealed(at=NOW + late))


@pytest.mark.parametrize("late", [TOLERANCE_SECONDS + 1, -TOLERANCE_SECONDS - 1, 10**8, -NOW])
def test_a_stale_or_future_signature_is_refused(late: int) -> None:
    assert not _passes(BODY, _sealed(at=NOW + late))


@pytest.mark.parametrize("timestamp", ["now", "1e9", f"{NOW}.5", f"-{NOW}", f" {NOW}", "²", "٣" * 10, "9" * 400])
def test_a_timestamp_that_is_no_whole_number_is_refused(timestamp: str) -> None:
    signed = sign_replicate(f"msg_1.{timestamp}.".encode() + BODY, SECRET).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signed}"}

    assert not _passes(BODY, headers)


def test_while_a_secret_is_changed_both_are_good() -> None:
    assert _passes(BODY, _sealed(secret=SECRET), f"{SECRET} {OTHER}")
    assert _passes(BODY, _sealed(secret=OTHER), f"{SECRET} {OTHER}")
    assert not _passes(BODY, _sealed(secret=OTHER), SECRET)


def test_one_good_signature_among_others_is_enough() -> None:
    headers = _sealed()
    good = headers["webhook-signature"]

    assert _passes(BODY, headers | {"webhook-signature": f"v1,bm90IG91cnM= v1a,{good[3:]} {good}"})


@pytest.mark.parametrize("version", ["v2", "v1a", "V1", "", "v11"])
def test_a_signature_of_another_kind_counts_for_nothing(version: str) -> None:
    headers = _sealed()

    assert not _passes(BODY, headers | {"webhook-signature": headers["webhook-signature"].replace("v1", version, 1)})


@pytest.mark.parametrize("header", ["v1", "v1,", ",", "v1,é漢", "v1, ", "v1," + "A" * 50_000, "nonsense", " "])
def test_a_malformed_signature_is_refused(header: str) -> None:
    assert not _passes(BODY, _sealed() | {"webhook-signature": header})


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_no_text_is_refused(name: str) -> None:
    assert not _passes(BODY, _sealed() | {name: "v1,\ud800"})


def test_headers_that_were_sent_twice_and_joined_are_refused() -> None:
    headers = _sealed()

    assert not _passes(BODY, headers | {"webhook-id": "msg_1,msg_1"})
    assert not _passes(BODY, headers | {"webhook-timestamp": f"{NOW},{NOW}"})


def test_an_id_may_hold_anything_that_was_signed() -> None:
    assert _passes(BODY, _sealed(id="msg.with.dots"))
    assert _passes(BODY, _sealed(id="nachricht-ü"))


def test_the_same_delivery_again_passes_again_because_results_are_settled_once() -> None:
    headers = _sealed()

    assert [_passes(BODY, headers) for _ in range(2)] == [True, True]


@pytest.mark.parametrize("empty", ["", " "])
def test_without_a_secret_nothing_passes(empty: str) -> None:
    forged = _sealed() | {"webhook-signature": "v1," + base64.b64encode(b"").decode()}

    assert not _passes(BODY, _sealed(), empty)
    assert not _passes(BODY, forged, empty)


@pytest.mark.parametrize("broken", ["whsec_", "whsec_not base64!", "whsec_é"])
def test_a_broken_secret_is_our_fault_and_not_the_callers(broken: str) -> None:
    with pytest.raises((RuntimeError, ValueError)):
        verify_replicate(BODY, _sealed(), broken.replace(" ", ""), NOW)
