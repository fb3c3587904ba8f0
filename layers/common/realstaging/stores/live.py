"""What administrators have set: read by every request that needs it, in one call with the user's row."""

from typing import TYPE_CHECKING

from realstaging import keys
from realstaging.models import Live, User
from realstaging.stores.table import Item, Writes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class LiveStore:
    def __init__(self, table: "Table") -> None:
        self._writes = Writes(table)

    def current(self) -> Live:
        return live(self._writes.get(keys.live()))

    def with_user(self, owner: str) -> tuple[User | None, Live]:
        found = {str(item["sk"]): item for item in self._writes.get_many([keys.user(owner), keys.live()])}
        user = found.get(keys.user(owner)["sk"])
        return User.model_validate(user) if user else None, live(found.get(keys.live()["sk"]))


def live(item: Item | None) -> Live:
    """The row holds its document as text: numbers come back as they were set."""
    return Live.model_validate_json(str(item["document"])) if item else Live()
