"""The local cloud deploys the template without aliases: everything leads to the functions themselves."""

from typing import Any

from local.aliases import without_aliases


def test_what_leads_to_an_alias_leads_to_the_function() -> None:
    template: dict[str, Any] = {
        "Parameters": {"Stage": {}, "Rollback": {}},
        "Conditions": {"RollsBack": {}},
        "Globals": {"Function": {"Timeout": 15, "AutoPublishAlias": "live", "DeploymentPreference": {"Type": "x"}}},
        "Resources": {
            "A": {
                "Properties": {"DeploymentPreference": {"Alarms": []}},
                "Arns": [{"Ref": "Sweep.Alias"}, {"Ref": "Sweep"}],
                "Sub": {"Fn::Sub": ["${Live}", {"Live": {"Ref": "Sockets.Alias"}}]},
            }
        },
    }

    assert without_aliases(template) == {
        "Parameters": {"Stage": {}},
        "Conditions": {},
        "Globals": {"Function": {"Timeout": 15}},
        "Resources": {
            "A": {
                "Properties": {},
                "Arns": [{"Fn::GetAtt": ["Sweep", "Arn"]}, {"Ref": "Sweep"}],
                "Sub": {"Fn::Sub": ["${Live}", {"Live": {"Fn::GetAtt": ["Sockets", "Arn"]}}]},
            }
        },
    }
