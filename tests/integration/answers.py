"""Moto looks through each value of a row for all ten types of DynamoDB, three spellings each: take the one it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.core.serialize import BaseJSONSerializer


@contextmanager
def one_type_a_value() -> Iterator[None]:
    structure = BaseJSONSerializer._serialize_type_structure

    def quick(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name != "AttributeValue" or type(value) is not dict:
            structure(serializer, serialized, value, shape, key)
            return
        found: dict[str, Any] = {}
        for kind, inner in value.items():
            serializer._serialize(found, inner, shape.members[kind], kind)
        serializer._default_serialize(serialized, found, shape, key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseJSONSerializer, "_serialize_type_structure", quick)
        yield
