"""Moto copies the whole table for each action of a transaction, in case it must be undone: once is enough."""

import copy
import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb import models
from moto.dynamodb.models.table import Table


class _Made(threading.local):
    """The copies made in the transaction that this thread is running."""

    tables: dict[int, Any] | None = None


@contextmanager
def one_copy_a_transaction() -> Iterator[None]:
    transact = models.DynamoDBBackend.transact_write_items
    made = _Made()

    def deepcopy(thing: Any) -> Any:
        if made.tables is None or not isinstance(thing, Table):
            return copy.deepcopy(thing)
        if id(thing) not in made.tables:
            made.tables[id(thing)] = copy.deepcopy(thing)
        return made.tables[id(thing)]

    def with_one_copy(backend: Any, items: Any) -> None:
        made.tables = {}
        try:
            transact(backend, items)
        finally:
            made.tables = None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "copy", SimpleNamespace(copy=copy.copy, deepcopy=deepcopy))
        patch.setattr(models.DynamoDBBackend, "transact_write_items", with_one_copy)
        yield


# -- Moto looks through each value of a row for all ten types of DynamoDB, three spellings each: take the one it has


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


# -- Moto looks through all members of a service's class for each call


@contextmanager
def one_look_at_each_class() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(responses, "method_names_from_class", functools.cache(responses.method_names_from_class))
        yield
