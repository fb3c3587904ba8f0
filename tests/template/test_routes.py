"""What the gateway lets through is what the handlers answer."""

import pytest

from tests.support.template_reader import Expanded, Handler, Written, handlers, target

each_handler = pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.path.parent.name)


@each_handler
def test_the_gateway_and_the_handler_know_the_same_routes(handler: Handler, written: Written) -> None:
    assert written.routes(handler.function) == handler.routes


def test_no_route_is_given_twice(written: Written) -> None:
    routes = [route for function in written.functions for route in written.routes(function)]
    assert routes
    assert sorted(routes) == sorted(set(routes))


def test_an_unknown_address_is_answered_by_us(written: Written) -> None:
    everything = [event for name in written.functions for event in written.events(name, "HttpApi")]
    assert [event["Path"] for event in everything if event["Method"] == "ANY"] == ["/{proxy+}", "/v1/admin/{proxy+}"]


def test_the_sockets_three_routes_lead_to_one_function(expanded: Expanded) -> None:
    routes = expanded.of("AWS::ApiGatewayV2::Route").values()
    assert {route["RouteKey"] for route in routes} == {"$connect", "$disconnect", "$default"}
    assert {route["Target"]["Fn::Sub"] for route in routes} == {"integrations/${SocketIntegration}"}
    permission = expanded.of("AWS::Lambda::Permission")["SocketPermission"]
    assert target(permission["FunctionName"]) == "Sockets"


def test_no_gateway_is_without_a_limit(expanded: Expanded) -> None:
    stages = expanded.of("AWS::ApiGatewayV2::Stage")
    assert len(stages) == 2
    assert [name for name, stage in stages.items() if not stage["DefaultRouteSettings"]["ThrottlingRateLimit"]] == []
