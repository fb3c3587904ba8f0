"""The template without gradual deployments: the emulator has no CodeDeploy, and its functions have one version."""

from typing import Any

OF_ALIASES = ("AutoPublishAlias", "AutoPublishAliasAllProperties", "DeploymentPreference")


def without_aliases(template: dict[str, Any]) -> dict[str, Any]:
    """What leads to a function's alias leads to the function itself."""
    rest: dict[str, Any] = _without(template)
    functions = [each.get("Properties", {}) for each in rest["Resources"].values()]
    for part in (rest.get("Globals", {}).get("Function", {}), *functions):
        for name in OF_ALIASES:
            part.pop(name, None)
    rest.get("Parameters", {}).pop("Rollback", None)
    rest.get("Conditions", {}).pop("RollsBack", None)
    return rest


def _without(part: Any) -> Any:
    match part:
        case {"Ref": str(name), **others} if name.endswith(".Alias") and not others:
            return {"Fn::GetAtt": [name.removesuffix(".Alias"), "Arn"]}
        case dict():
            return {key: _without(value) for key, value in part.items()}
        case list():
            return [_without(value) for value in part]
    return part
