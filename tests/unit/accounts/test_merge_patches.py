"""JSON merge patches, by the examples of RFC 7396 and by what must hold of any."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realstaging.accounts.profile import merge_patch

JSON: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner | st.none(), max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON | st.none(), max_size=3)


@pytest.mark.parametrize(
    ("target", "changes", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_the_rfc(target: Any, changes: Any, result: Any) -> None:
    assert merge_patch(target, changes) == result


@given(OBJECTS, OBJECTS)
def test_a_patch_applied_twice_is_applied_once(target: Any, changes: Any) -> None:
    once = merge_patch(target, changes)

    assert merge_patch(once, changes) == once


@given(OBJECTS, OBJECTS)
def test_what_is_not_named_is_not_touched(target: Any, changes: Any) -> None:
    patched = merge_patch(target, changes)

    assert {name: target[name] for name in target.keys() - changes.keys()} == {
        name: patched[name] for name in patched.keys() - changes.keys()
    }
    assert all(name not in patched for name, value in changes.items() if value is None)
