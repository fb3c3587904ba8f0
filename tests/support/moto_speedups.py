"""Moto does much of its work again and again: here once is enough. What it answers stays the same."""

import copy
import functools
import pickle
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore import parsers
from botocore.endpoint import Endpoint
from botocore.useragent import UserAgentString
from moto.core import models as core
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class, utcnow
from moto.dynamodb import models
from moto.dynamodb import responses as handlers
from moto.dynamodb.comparisons import AttributeValue, ConditionExpressionParser
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import ast_nodes, expressions, validators
from moto.dynamodb.responses import DynamoHandler
from urllib3 import HTTPHeaderDict
from werkzeug.http import http_date

UPDATE: Any = vars(expressions)["UpdateExpressionParser"]
TRAVERSER: Any = vars(ast_nodes)["DepthFirstTraverser"]
NODE: Any = vars(ast_nodes)["Node"]


def quicken(patch: pytest.MonkeyPatch) -> None:
    _one_copy_a_transaction(patch)
    _one_type_a_value(patch)
    _one_look_at_each_class(patch)
    _one_reading_of_a_condition(patch)
    _one_reading_of_an_update(patch)
    _one_size_a_row(patch)
    _no_web_around_the_table(patch)


# -- Moto copies the whole table for each action of a transaction, in case it must be undone: its own rows are enough


class _Saved(threading.local):
    """The tables saved in the transaction that this thread is running, and its actions."""

    tables: dict[int, Any] | None = None
    actions: Sequence[dict[str, Any]] = ()


def _one_copy_a_transaction(patch: pytest.MonkeyPatch) -> None:
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

    patch.setattr(models, "copy", SimpleNamespace(copy=copy.copy, deepcopy=deepcopy))
    patch.setattr(models.DynamoDBBackend, "transact_write_items", with_one_copy)


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


def _one_type_a_value(patch: pytest.MonkeyPatch) -> None:
    structure = BaseJSONSerializer._serialize_type_structure

    def quick(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name != "AttributeValue" or type(value) is not dict:
            structure(serializer, serialized, value, shape, key)
            return
        found: dict[str, Any] = {}
        for kind, inner in value.items():
            serializer._serialize(found, inner, shape.members[kind], kind)
        serializer._default_serialize(serialized, found, shape, key)

    patch.setattr(BaseJSONSerializer, "_serialize_type_structure", quick)


# -- Moto looks through a service's members and addresses for each call, and tells the package `requests` of all of AWS
# -- for each test: nothing here speaks to AWS but by botocore.


def _one_look_at_each_class(patch: pytest.MonkeyPatch) -> None:
    addresses = cast(property, BaseBackend.urls).fget
    assert addresses is not None
    of_class: dict[type, Any] = {}

    def urls(backend: BaseBackend) -> Any:
        if type(backend) not in of_class:
            of_class[type(backend)] = addresses(backend)
        return of_class[type(backend)]

    patch.setattr(responses, "method_names_from_class", functools.cache(method_names_from_class))
    patch.setattr(BaseBackend, "urls", property(urls))
    patch.setattr(core, "RESPONSES_METHODS", [])


# -- Moto reads a condition up to four times for each write: its tree depends on its words and names, not on the values


def _one_reading_of_a_condition(patch: pytest.MonkeyPatch) -> None:
    parse, make = ConditionExpressionParser.parse, ConditionExpressionParser._make_op_condition
    operand = ConditionExpressionParser._make_operand
    roots: dict[Any, Any] = {}
    found: dict[Any, tuple[list[str], list[str]]] = {}

    def quick(parser: Any) -> Any:
        key = (parser.condition_expression, tuple((parser.expression_attribute_names or {}).items()))
        if key not in found:
            parser._make_op_condition = functools.partial(roots.setdefault, key)  # is called with the root
            whole = parse(parser)
            del parser._make_op_condition
            if key not in roots:
                return whole  # there is no condition
            found[key] = parser.expr_attr_names_found, parser.expr_attr_values_found
        parser.expr_attr_names_found, parser.expr_attr_values_found = map(list, found[key])
        return make(parser, roots[key])

    def with_its_value(parser: Any, node: Any) -> Any:
        if node.kind == parser.Kind.EXPRESSION_ATTRIBUTE_VALUE:
            return AttributeValue(parser.expression_attribute_values[node.text])
        return operand(parser, node)

    patch.setattr(ConditionExpressionParser, "parse", quick)
    patch.setattr(ConditionExpressionParser, "_make_operand", with_its_value)


# -- Moto reads an update twice, copies its tree in the slowest way, and asks at each node ten times what it is


def _one_reading_of_an_update(patch: pytest.MonkeyPatch) -> None:
    pickled: dict[int, bytes] = {}

    @functools.cache
    def make(expression: str) -> Any:
        tree = UPDATE.make(expression)
        pickled[id(tree)] = pickle.dumps(tree)
        return tree

    def deepcopy(thing: Any) -> Any:
        kept = pickled.get(id(thing))
        return pickle.loads(kept) if kept else copy.deepcopy(thing)

    reader = SimpleNamespace(make=make)
    patch.setattr(models, "UpdateExpressionParser", reader)
    patch.setattr(handlers, "UpdateExpressionParser", reader)
    patch.setattr(validators, "deepcopy", deepcopy)
    patch.setattr(TRAVERSER, "traverse", _traverse)


@functools.cache
def _is_one(kind: Any, kinds: Any) -> bool:
    return issubclass(kind, kinds)


def _traverse(traverser: Any, root: Any) -> Any:
    kinds = traverser.nodes_to_be_processed()
    before: Callable[[Any, int], None] | None = traverser.pre_processing_of_child
    if type(traverser).pre_processing_of_child is TRAVERSER.pre_processing_of_child:
        before = None

    def visit(node: Any, place: int) -> Any:
        parent = node.parent
        for number, child in enumerate(node.children or ()):
            if before:
                before(node, number)
            if isinstance(child, NODE):
                visit(child, number)
        kind: Any = type(node)
        if _is_one(kind, kinds):
            node = traverser.process(node)
            node.parent = parent
            if parent:
                parent.children[place] = node
        return node

    return visit(root, -1)


# -- Moto weighs a row anew for each value that it is made of: it is too large if all together are


def _one_size_a_row(patch: pytest.MonkeyPatch) -> None:
    def make(item: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
        item.hash_key, item.range_key, item.attrs = hash_key, range_key, LimitedSizeDict()
        for name, value in attrs.items():
            dict.__setitem__(item.attrs, name, DynamoType(value))
        if item.size() > 405_000:
            raise ItemSizeTooLarge

    patch.setattr(Item, "__init__", make)


# -- Around the table's handler botocore signs and moto takes apart a request, finds the service among all of AWS, and
# -- wraps all in a web framework. The handler reads a call's words, and botocore its answer, without any of it.


def _no_web_around_the_table(patch: pytest.MonkeyPatch) -> None:
    send = Endpoint.make_request

    def quick(endpoint: Endpoint, operation: Any, request: Any) -> Any:
        if request["url"] != "https://dynamodb.us-east-1.amazonaws.com/" or not core.botocore_stubber.enabled:
            return send(endpoint, operation, request)
        status, headers, body = _handled(request)
        answer = {"status_code": status, "headers": HTTPHeaderDict(headers), "body": body.encode()}
        parser = parsers.create_parser(operation.service_model.resolved_protocol)
        parsed = parser.parse(answer, operation.output_shape)
        if status >= 300:
            cast(Any, endpoint)._add_modeled_error_fields(answer, parsed, operation, parser)
        parsed["ResponseMetadata"]["RetryAttempts"] = 0
        return SimpleNamespace(status_code=status, content=answer["body"]), parsed

    patch.setattr(Endpoint, "make_request", quick)
    patch.setattr(UserAgentString, "to_string", lambda _: "tests")


def _handled(request: dict[str, Any]) -> Any:
    headers = {name.lower(): value for name, value in request["headers"].items()}
    handler = DynamoHandler()
    handler.headers = {"Content-Type": headers["content-type"], "x-amz-target": headers["x-amz-target"]}
    handler.querystring, handler.uri_match = {}, {}
    handler.response_headers = {"server": "amazon.com", "date": http_date(utcnow())}
    handler.current_account, handler.region, handler.partition = core.DEFAULT_ACCOUNT_ID, "us-east-1", "aws"
    parts = {"method": "POST", "values": {}, "headers": headers, "data": request["body"], "path": "/"}
    handler.parse_parameters(cast(Any, SimpleNamespace(**parts, content_type=headers["content-type"])))
    return handler.call_action()
