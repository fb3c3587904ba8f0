"""The fakes take what the real ones take; and the real socket gateway, which moto cannot judge."""

import inspect

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from realstaging.gateways import connections
from realstaging.gateways.connections import Connections
from realstaging.gateways.replicate.client import Replicate
from realstaging.gateways.upload_events import UploadEvents
from tests.support.fakes import FakeFunctions, FakeSockets, public
from tests.support.fault_injection import faulty
from tests.support.virtual_clock import Limited


def test_the_fake_sockets_have_the_methods_of_the_real_ones() -> None:
    assert public(FakeSockets) == public(Connections)


def test_the_provider_with_a_limit_has_the_methods_of_the_real_one() -> None:
    assert public(Limited) == public(Replicate)


def test_the_fake_functions_take_what_lambda_takes() -> None:
    client = boto3.client("lambda")
    shape = client.meta.service_model.operation_model("Invoke").input_shape
    assert shape is not None
    fake = FakeFunctions()

    assert set(inspect.signature(FakeFunctions.invoke).parameters) - {"self"} <= set(shape.members)
    UploadEvents(fake, "upload-complete", "media").look_at("auth0!7Cabc", "img_1")  # type: ignore[arg-type]
    assert fake.events[0]["Records"][0]["s3"]["object"]["key"] == "uploads/auth0%217Cabc/img_1"


@pytest.mark.parametrize(
    ("code", "there"), [(None, True), ("GoneException", False), ("LimitExceededException", True), ("Forbidden", True)]
)
def test_only_a_connection_that_is_gone_counts_as_gone(code: str | None, there: bool) -> None:
    client = boto3.client("apigatewaymanagementapi", endpoint_url="https://sockets.example.test")
    with Stubber(client) as stub:
        if code is None:
            stub.add_response("post_to_connection", {}, {"ConnectionId": "c1=", "Data": b"hi"})
        else:
            stub.add_client_error("post_to_connection", code)

        assert Connections(client).post("c1=", "hi") is there


@pytest.mark.parametrize("code", ["Forbidden", "LimitExceededException"])
def test_a_push_that_fails_is_counted_and_logged_with_its_code(
    code: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(connections, "count", counted.append)
    client = boto3.client("apigatewaymanagementapi", endpoint_url="https://sockets.example.test")
    with Stubber(client) as stub:
        stub.add_client_error("post_to_connection", code)
        stub.add_client_error("post_to_connection", "GoneException")
        stub.add_response("post_to_connection", {}, {"ConnectionId": "c1=", "Data": b"hi"})
        for _ in range(3):
            Connections(client).post("c1=", "hi")

    assert counted == ["PushFailed", "PushSent"]
    [line] = [record for record in caplog.records if record.message == "push failed"]
    assert vars(line)["code"] == code


@pytest.mark.parametrize("code", [None, "GoneException", "Forbidden"])
def test_closing_a_connection_never_fails(code: str | None) -> None:
    client = boto3.client("apigatewaymanagementapi", endpoint_url="https://sockets.example.test")
    with Stubber(client) as stub:
        if code is None:
            stub.add_response("delete_connection", {}, {"ConnectionId": "c1="})
        else:
            stub.add_client_error("delete_connection", code)
        Connections(client).close("c1=")

        stub.assert_no_pending_responses()


def test_a_connection_that_does_not_take_the_message_in_time_loses_it_only() -> None:
    client = boto3.client("apigatewaymanagementapi", endpoint_url="https://sockets.example.test")
    slow = ReadTimeoutError(endpoint_url="https://sockets.example.test")

    with faulty(client, "PostToConnection", slow):
        assert Connections(client).post("c1=", "hi") is True
