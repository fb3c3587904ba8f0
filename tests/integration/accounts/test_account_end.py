"""What is left of an account once its owner has closed it: nothing that answers."""

from tests.support.http_client import call
from tests.support.world import World


def test_an_account_is_closed_from_the_very_next_request(world: World) -> None:
    assert call(world, "GET", "/v1/account/usage")[0] == 200

    assert call(world, "DELETE", "/v1/account")[0] == 204

    for method, path in (("GET", "/v1/account/usage"), ("GET", "/v1/account/ledger"), ("DELETE", "/v1/account")):
        status, body, _ = call(world, method, path)
        assert (status, body["code"]) == (403, "forbidden"), path
