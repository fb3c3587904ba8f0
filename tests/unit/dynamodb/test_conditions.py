"""Conditions say what boto3's say."""

from typing import Any

import pytest
from boto3.dynamodb import conditions as theirs

from realstaging.dynamodb import conditions as ours


def _said(of: Any) -> list[Any]:
    key, attr = of.Key, of.Attr
    return [
        key("pk").eq("USER#alice"),
        key("pk").eq("USER#alice") & key("sk").begins_with("JOB#"),
        key("pk").eq("DUE#3") & key("sk").lt("2026"),
        key("pk").eq("CHECKS") & key("sk").gte("2026"),
        attr("project_id").eq("prj_1") | attr("project_ids").contains("prj_1"),
        attr("a").eq(1) & attr("b").eq(2) & attr("a").eq(3),
        (attr("a").eq(1) | attr("b").eq(2)) & attr("c").begins_with("x"),
    ]


def _filled_in(text: str, names: dict[str, str], values: dict[str, Any]) -> str:
    for placeholder, meant in (names | {key: repr(each) for key, each in values.items()}).items():
        assert text.count(placeholder) == 1
        text = text.replace(placeholder, meant)
    return text


@pytest.mark.parametrize(("mine", "other"), list(zip(_said(ours), _said(theirs), strict=True)))
def test_a_condition_says_what_boto3s_says(mine: ours.Condition, other: Any) -> None:
    built = theirs.ConditionExpressionBuilder().build_expression(other)
    text = _filled_in(built.condition_expression, built.attribute_name_placeholders, built.attribute_value_placeholders)
    assert _filled_in(*ours.written(mine, "k")) == text


def test_two_expressions_of_one_call_have_placeholders_of_their_own() -> None:
    condition = ours.Key("pk").eq("USER#alice")
    _, names, values = ours.written(condition, "k")
    _, other_names, other_values = ours.written(condition, "f")
    assert names.keys().isdisjoint(other_names)
    assert values.keys().isdisjoint(other_values)
