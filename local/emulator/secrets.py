"""Parameters of SSM: the tags of one that is not there are refused, as on AWS; ministack gives an empty list."""

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ssm

_list_tags: Any = ssm._list_tags_for_resource


def list_tags(data: dict[str, Any]) -> Any:
    if data.get("ResourceType") == "Parameter":
        _, found = ssm._lookup_parameter(data.get("ResourceId", ""), flexible_name=True)
        if not found:
            return error_response_json("InvalidResourceId", "Invalid Resource Id", 400)
    return _list_tags(data)


def install() -> None:
    ssm._list_tags_for_resource = list_tags
