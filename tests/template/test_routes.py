"""What the gateway lets through is what the handlers answer."""

import pytest

from tests.support.template_reader import Expanded, Handler, Written, handlers, target

each_handler = pytest.mark.parametrize("handler", handlers(), ids=lambda handler: handler.path.parent.name)


# All that an HTTP API of ours answers; OPTIONS is missing, so that the gateway answers preflight itself.
GATEWAY_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
WEBHOOKS = {"ReplicateWebhook", "StripeWebhook"}


@each_handler
def test_every_route_of_a_handler_reaches_its_function(handler: Handler, written: Written) -> None:
    reached = {route: written.receiver(route) for route in handler.routes}
    assert reached == dict.fromkeys(handler.routes, handler.function)


@each_handler
def test_a_wrong_method_reaches_the_function_that_knows_the_path(handler: Handler, written: Written) -> None:
    if handler.function in WEBHOOKS:
        return
    paths = {route.split(" ")[1] for route in handler.routes}
    tried = {f"{method} {path}" for path in paths for method in GATEWAY_METHODS}
    assert {route for route in tried if written.receiver(route) != handler.function} == set()


def test_no_function_gets_routes_that_it_does_not_answer(written: Written) -> None:
    serving = {handler.function for handler in handlers() if handler.routes}
    assert {name for name in written.functions if written.routes(name)} == serving


def test_no_route_is_given_twice(written: Written) -> None:
    routes = [route for function in written.functions for route in written.routes(function)]
    assert routes
    assert sorted(routes) == sorted(set(routes))


def test_no_route_takes_the_browsers_preflight(written: Written) -> None:
    methods = {event["Method"] for name in written.functions for event in written.events(name, "HttpApi")}
    assert methods == set(GATEWAY_METHODS)


def test_webhooks_come_by_their_own_route_and_have_their_own_limit(written: Written) -> None:
    routes = {route for name in WEBHOOKS for route in written.routes(name)}
    assert {route.split(" ")[0] for route in routes} == {"POST"}
    assert written.of("AWS::Serverless::HttpApi")["HttpApi"]["RouteSettings"].keys() >= routes


def test_what_costs_money_has_a_limit_of_its_own_on_a_route_that_there_is(written: Written) -> None:
    api = written.of("AWS::Serverless::HttpApi")["HttpApi"]
    costly = {"POST /v1/uploads", "POST /v1/jobs", "POST /v1/jobs/job_1/retry", "POST /v1/billing/checkout"}
    known = {route for name in written.functions for route in written.routes(name)}

    assert api["RouteSettings"].keys() <= known
    for request in costly:
        rate = api["RouteSettings"][written.route_of(request)]["ThrottlingRateLimit"]
        assert rate < api["DefaultRouteSettings"]["ThrottlingRateLimit"], request


@pytest.mark.parametrize("method", GATEWAY_METHODS)
def test_an_unknown_address_is_answered_by_us(method: str, written: Written) -> None:
    assert written.receiver(f"{method} /nowhere/at/all") == "JobsApi"
    assert written.receiver(f"{method} /v1/admin/models/a/b/c/d") == "AdminApi"


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
