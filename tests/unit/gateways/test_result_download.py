"""Results are fetched from known places only, and neither for long nor without end."""

import gzip
from collections.abc import Iterator

import pytest

from realstaging.errors import OutputUnusableError
from realstaging.gateways.result_download import ResultDownload, ResultDownloadError
from tests.support.loopback_server import (
    Exchange,
    Reply,
    Talk,
    hangs_up,
    never_answers,
    says,
    serving,
    trickles,
    writes,
)

PICTURE = bytes(range(256)) * 300


@pytest.fixture(scope="module")
def _talk() -> Iterator[Talk]:
    with serving(says(200, PICTURE)) as talk:
        yield talk


@pytest.fixture
def talk(_talk: Talk) -> Talk:
    _talk.asked.clear()
    _talk.reply = says(200, PICTURE)
    return _talk


@pytest.fixture
def deliveries() -> Iterator[ResultDownload]:
    yield from _made(seconds=20)


@pytest.fixture
def impatient() -> Iterator[ResultDownload]:
    yield from _made(seconds=0.15)


def _made(seconds: float) -> Iterator[ResultDownload]:
    made = ResultDownload(("replicate.delivery", "127.0.0.1"), max_bytes=100_000, seconds=seconds)
    yield made
    made.close()


def test_a_result_comes_whole(talk: Talk, deliveries: ResultDownload) -> None:
    assert deliveries.fetch(f"{talk.url}/pbxt/1/out.png?x=1") == PICTURE
    assert talk.asked[0].path == "/pbxt/1/out.png?x=1"


def test_nothing_of_ours_is_sent_to_where_a_result_lies(talk: Talk, deliveries: ResultDownload) -> None:
    deliveries.fetch(f"{talk.url}/out.png")

    assert {"authorization", "cookie"}.isdisjoint(talk.asked[0].headers)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/out.png",
        "https://replicate.delivery.evil.example/out.png",
        "https://evilreplicate.delivery/out.png",
        "https://evil.example/replicate.delivery",
        "https://evil.example#.replicate.delivery",
        "https://evil.example?.replicate.delivery",
        "https://replicate.delivery@evil.example/out.png",
        "https://user:password@replicate.delivery/out.png",
        "https://user@replicate.delivery/out.png",
        "https://replicate.delivery\\@evil.example/out.png",
        "http://replicate.delivery/out.png",
        "ftp://replicate.delivery/out.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "//replicate.delivery/out.png",
        "replicate.delivery/out.png",
        "http://localhost/out.png",
        "http://[::1]/out.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.2/out.png",
        "http://2130706433/out.png",
        "",
        "not an address",
    ],
)
def test_a_result_from_anywhere_else_is_not_fetched(url: str, deliveries: ResultDownload) -> None:
    with pytest.raises(OutputUnusableError, match="unknown place"):
        deliveries.fetch(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://[replicate.delivery/out.png",
        "https://replicate.delivery:port/out.png",
        "https://" + "a" * 70_000 + ".replicate.delivery/out.png",
        "https://replicate.delivery/\x00",
    ],
    ids=lambda url: url[:40],
)
def test_an_address_that_is_none_is_no_result_and_no_fault(url: str, deliveries: ResultDownload) -> None:
    with pytest.raises(OutputUnusableError):
        deliveries.fetch(url)


def test_this_machine_is_only_a_known_place_where_the_settings_say_so(talk: Talk) -> None:
    deliveries = ResultDownload(("replicate.delivery",), max_bytes=100_000, seconds=0.3)

    with pytest.raises(OutputUnusableError):
        deliveries.fetch(f"{talk.url}/out.png")
    deliveries.close()
    assert talk.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, talk: Talk, deliveries: ResultDownload) -> None:
    with serving(says(200, PICTURE)) as elsewhere:
        talk.reply = says(status, Location=f"{elsewhere.url}/out.png")

        with pytest.raises(OutputUnusableError):
            deliveries.fetch(f"{talk.url}/out.png")
        assert elsewhere.asked == []


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 410, 429])
def test_a_result_that_is_not_there_will_not_come_by_asking_again(
    status: int, talk: Talk, deliveries: ResultDownload
) -> None:
    talk.reply = says(status, b"")

    with pytest.raises(OutputUnusableError, match="could not be fetched"):
        deliveries.fetch(f"{talk.url}/out.png")


@pytest.mark.parametrize("size", [100_001, 5_000_000])
def test_a_result_that_is_too_large_is_not_read_to_its_end(size: int, talk: Talk, deliveries: ResultDownload) -> None:
    talk.reply = says(200, bytes(size))

    with pytest.raises(OutputUnusableError, match="too large"):
        deliveries.fetch(f"{talk.url}/out.png")


def test_a_small_file_that_unpacks_to_a_large_one_is_too_large(talk: Talk, deliveries: ResultDownload) -> None:
    talk.reply = says(200, gzip.compress(bytes(5_000_000)), Content_Encoding="gzip")

    with pytest.raises(OutputUnusableError, match="too large"):
        deliveries.fetch(f"{talk.url}/out.png")


FAULTS: dict[str, Reply] = {
    "500": says(500, b"oops"),
    "502": says(502, b"<html>"),
    "503": says(503, b""),
    "hangs up": hangs_up,
    "cut off": writes(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nabc"),
    "not what it says": says(200, b"not gzip at all", Content_Encoding="gzip"),
}


@pytest.mark.parametrize("reply", FAULTS.values(), ids=FAULTS)
def test_what_may_get_better_is_a_fault_so_that_the_message_comes_again(
    reply: Reply, talk: Talk, deliveries: ResultDownload
) -> None:
    talk.reply = reply

    with pytest.raises(ResultDownloadError):
        deliveries.fetch(f"{talk.url}/out.png")
    assert len(talk.asked) == 1


def test_a_silent_host_is_given_up(talk: Talk, impatient: ResultDownload) -> None:
    talk.reply = never_answers

    with pytest.raises(ResultDownloadError):
        impatient.fetch(f"{talk.url}/out.png")


def test_a_trickling_result_is_given_up_before_its_end(talk: Talk, impatient: ResultDownload) -> None:
    finished: list[bool] = []

    def reply(to: Exchange) -> None:
        trickles(200, bytes(150), pause=0.02)(to)
        finished.append(True)

    talk.reply = reply

    with pytest.raises(ResultDownloadError):
        impatient.fetch(f"{talk.url}/out.png")
    assert finished == []


def test_where_nobody_listens_it_is_a_fault(deliveries: ResultDownload) -> None:
    with serving(says(200)) as gone:
        pass

    with pytest.raises(ResultDownloadError):
        deliveries.fetch(f"{gone.url}/out.png")
