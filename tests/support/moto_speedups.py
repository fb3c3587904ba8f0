"""Moto copies the whole table for each action of a transaction, in case it must be undone: its own rows are enough."""

import copy
import functools
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb import models
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


class _Saved(threading.local):
    """The tables saved in the transaction that this thread is running, and its actions."""

    tables: dict[int, Any] | None = None
    actions: Sequence[dict[str, Any]] = ()


@contextmanager
def one_copy_a_transaction() -> Iterator[None]:
    transact = models.DynamoDBBackend.transact_write_items
    made = _Saved()

    def deepcopy(thing: Any) -> Any:
        if made.tables is None or not isinstance(thing, Table):
            return copy.deepcopy(thing)
        if id(thing) not in made.tables:
            made.tables[id(thing)] = _saved(thing, made.actions)
        return made.tables[id(thing)]

    def with_one_copy(backend: Any, actions: Any) -> None:
        made.tables, made.actions = {}, actions
        try:
            transact(backend, actions)
        finally:
            made.tables = None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "copy", SimpleNamespace(copy=copy.copy, deepcopy=deepcopy))
        patch.setattr(models.DynamoDBBackend, "transact_write_items", with_one_copy)
        yield


def _saved(table: Any, actions: Sequence[dict[str, Any]]) -> Any:
    """The table as it is, with copies of those rows that the actions may change."""
    saved = copy.copy(table)
    saved.items = defaultdict(dict, {hash_key: dict(rows) for hash_key, rows in table.items.items()})
    if table.stream_shard is not None:
        saved.stream_shard = copy.copy(table.stream_shard)
        saved.stream_shard.items = list(table.stream_shard.items)
    for action in actions:
        [operation] = action.values()
        key = operation.get("Key") or operation["Item"]
        hash_key, range_key = (DynamoType(key[name]) for name in (table.hash_key_attr, table.range_key_attr))
        rows = saved.items.get(hash_key, {})
        if range_key in rows:
            rows[range_key] = copy.deepcopy(rows[range_key])
    return saved


# -- Moto looks through each value of a row for all ten types of DynamoDB, three spellings each: take the one it has.
# -- Its serializer has no public method for one value.


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
        patch.setattr(responses, "method_names_from_class", functools.cache(method_names_from_class))
        yield
