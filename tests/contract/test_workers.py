"""How functions run: their surroundings, their number, their failures (workers, invocations, permissions, warming)."""

import resource
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from local.ports import HOST
from tests.contract.conftest import WORKERS, Sample

pytestmark = pytest.mark.contract


def test_a_function_sees_boto3_and_nothing_of_the_emulator(sample: Sample) -> None:
    told, _ = sample.invoke("Probe", do="tell")
    assert told["modules"] == {
        "boto3": True,
        "ministack": False,
        "hypercorn": False,
        "httpx": False,
        "local": False,
    }


def test_a_function_sees_its_own_variables_and_none_of_the_shell(sample: Sample) -> None:
    told, _ = sample.invoke("Probe", do="tell")
    variables = told["variables"]
    assert {"GATEWAY_PORT", "HOME", "LOCAL_LOGS", "PYTHONPATH"} & variables.keys() == set()
    assert variables["TABLE_NAME"] == sample.names["Table"]
    assert variables["AWS_ENDPOINT_URL"] == sample.endpoint  # the template leaves it empty
    assert told["here"] == variables["LAMBDA_TASK_ROOT"]


def test_the_function_covers_its_layers_and_the_last_layer_the_others(sample: Sample) -> None:
    told, _ = sample.invoke("Probe", do="tell")
    assert (told["shadowed"], told["layered"]) == ("function", "second layer")


def test_a_function_opens_no_more_files_than_on_lambda(sample: Sample) -> None:
    told, _ = sample.invoke("Probe", do="tell")
    assert 0 < told["open_files"] <= 1024


def test_code_and_layers_are_unpacked_once_for_all_workers(sample: Sample) -> None:
    with ThreadPoolExecutor(WORKERS) as callers:
        told = list(callers.map(lambda _: sample.invoke("Probe", do="sleep", seconds=0.2), range(WORKERS)))
    assert len({worker for worker, _ in told}) == WORKERS
    unpacked = list((sample.directory / "tmp" / "unpacked").iterdir())
    assert len(unpacked) == 3  # the functions' folder, two layers


def test_more_invocations_than_workers_wait_and_none_is_lost(sample: Sample) -> None:
    with ThreadPoolExecutor(4 * WORKERS) as callers:
        calls = [callers.submit(sample.invoke, "Slow", do="sleep", seconds=0.4) for _ in range(4 * WORKERS)]
    workers, failures = zip(*[call.result() for call in calls], strict=True)
    assert len(set(workers)) == WORKERS
    assert set(failures) == {None}  # the last ones waited longer than their timeout: it counts from their start


def test_other_functions_answer_while_one_has_a_queue(sample: Sample) -> None:
    with ThreadPoolExecutor(4 * WORKERS) as callers:
        waiting = [callers.submit(sample.invoke, "Slow", do="sleep", seconds=0.6) for _ in range(3 * WORKERS)]
        assert sample.get("/items/1").status_code == 200
        assert not all(call.done() for call in waiting)


def test_a_timeout_ends_the_invocation_and_the_next_one_works(sample: Sample) -> None:
    answer, failure = sample.invoke("Slow", do="sleep", seconds=30)
    assert (answer["errorType"], failure) == ("Sandbox.Timedout", "Unhandled")
    assert sample.invoke("Slow", do="sleep", seconds=0)[1] is None
    assert "Task timed out after 1.00 seconds" in sample.log("Slow")


def test_an_exception_keeps_its_type_and_the_worker_its_warmth(sample: Sample) -> None:
    before, _ = sample.invoke("Probe", do="tell")
    answer, failure = sample.invoke("Probe", do="raise", text="no such thing")
    after, _ = sample.invoke("Probe", do="tell")
    assert (answer["errorType"], answer["errorMessage"], failure) == (
        "LookupError",
        "no such thing",
        "Unhandled",
    )
    assert after["loaded_at"] == before["loaded_at"]
    assert "[ERROR] LookupError: no such thing" in sample.log("Probe")


@pytest.mark.parametrize(
    ("do", "kind"),
    [
        ("exit", "Runtime.ExitError"),
        ("set", "Runtime.MarshalError"),
        ("large", "Function.ResponseSizeTooLarge"),
    ],
)
def test_what_lambda_refuses_is_refused(sample: Sample, do: str, kind: str) -> None:
    answer, _ = sample.invoke("Probe", do=do)
    assert answer["errorType"] == kind
    assert sample.invoke("Probe", do="tell")[1] is None


def test_a_worker_starts_however_many_connections_are_open(sample: Sample) -> None:
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 < most < 4000:
        pytest.skip("no process may open as many files here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, 4000), most))
    try:
        with ExitStack() as held:
            for _ in range(1200):
                connection = held.enter_context(socket.create_connection((HOST, httpx.URL(sample.endpoint).port or 0)))
                connection.sendall(b"GET /_ministack/health HTTP/1.1\r\nHost: here\r\n\r\n")
                assert connection.recv(4).startswith(b"HTTP")
            sample.invoke("Probe", do="exit")
            with ThreadPoolExecutor(WORKERS) as callers:
                told = list(callers.map(lambda _: sample.invoke("Probe", do="sleep", seconds=0.2), range(WORKERS)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    assert [failure for _, failure in told] == [None] * WORKERS


def test_a_module_that_cannot_be_imported_says_why_in_its_log(sample: Sample) -> None:
    answer, _ = sample.invoke("Broken")
    assert answer["errorType"] == "KeyError"
    assert "[ERROR] KeyError: 'TABLE_NAME_THAT_NOBODY_SET'" in sample.log("Broken")
    assert 'raise KeyError("TABLE_NAME_THAT_NOBODY_SET")' in sample.log("Broken")


def test_everything_printed_is_in_the_log_and_in_cloudwatch(sample: Sample) -> None:
    sample.invoke("Probe", do="print", text="a remark")
    assert "from a child process\na remark\nREPORT" in sample.log("Probe")
    group = f"/aws/lambda/{sample.names['Probe']}"
    found = sample.client("logs").filter_log_events(logGroupName=group, filterPattern='"a remark"')
    assert [event["message"] for event in found["events"]] == ["a remark"]


def test_workers_can_be_started_before_anybody_asks(sample: Sample) -> None:
    wanted = {sample.names["Guard"]: 2, sample.names["Broken"]: 1}
    answer = httpx.post(f"{sample.endpoint}/_local/warm", params=wanted, trust_env=False, timeout=120).json()
    started = {one["function"]: one for one in answer}
    assert len(started[sample.names["Guard"]]["init_ms"]) == 2
    assert started[sample.names["Broken"]]["error"]["errorType"] == "KeyError"


def test_a_function_may_not_do_what_its_role_does_not_allow(sample: Sample) -> None:
    answer, _ = sample.invoke("Probe", do="read", table=sample.names["Table"])
    assert answer["errorType"] == "ClientError"
    assert "AccessDeniedException" in answer["errorMessage"]


def test_a_transaction_is_refused_like_the_writes_in_it(sample: Sample) -> None:
    answer, _ = sample.invoke("Probe", do="write", table=sample.names["Table"])
    assert "AccessDeniedException" in answer["errorMessage"]
    assert "dynamodb:PutItem" in answer["errorMessage"]


def test_who_may_send_a_message_may_send_a_batch(sample: Sample) -> None:
    assert sample.invoke("Probe", do="send", queue=sample.names["DeadLetters"]) == (["1", "2"], None)
