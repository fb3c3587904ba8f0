"""HTTP APIs from a template: routes, authorizers, CORS and stable ids.

What SAM makes of HttpApi has it all in `Body`, which ministack ignores: an API without routes, and green.
"""

from typing import Any

import ministack.services.apigateway as gateway
from ministack.core.responses import new_uuid
from ministack.services.cloudformation import provisioners

from local.emulator.shapes import Record

METHODS = {"get", "put", "post", "delete", "head", "patch", "options", "trace"}
ANY_METHOD = "x-amazon-apigateway-any-method"


def _camel(value: Any) -> Any:
    """Templates spell CORS settings in PascalCase, ministack's data plane reads camelCase."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(inner) for key, inner in value.items()}
    return [_camel(inner) for inner in value] if isinstance(value, list) else value


def _import_authorizers(api_id: str, body: Record) -> dict[str, str]:
    """Store the document's authorizers; their ids by name."""
    ids = {}
    for name, scheme in (body.get("components", {}).get("securitySchemes") or {}).items():
        found = scheme.get("x-amazon-apigateway-authorizer")
        if not found:
            continue
        jwt, source = found.get("jwtConfiguration") or {}, found.get("identitySource")
        if isinstance(source, str):
            source = [part.strip() for part in source.split(",")]
        ids[name] = new_uuid()[:8]
        gateway._authorizers[api_id][ids[name]] = {
            "authorizerId": ids[name],
            "name": name,
            "authorizerType": str(found.get("type", "jwt")).upper(),
            "identitySource": source if source is not None else ["$request.header.Authorization"] if jwt else [],
            "jwtConfiguration": {"audience": jwt.get("audience", []), "issuer": jwt.get("issuer", "")},
            "authorizerUri": found.get("authorizerUri", ""),
            "authorizerPayloadFormatVersion": str(found.get("authorizerPayloadFormatVersion", "2.0")),
            "authorizerResultTtlInSeconds": int(found.get("authorizerResultTtlInSeconds", 300 if source else 0)),
            "enableSimpleResponses": found.get("enableSimpleResponses") in (True, "true"),
            "authorizerCredentialsArn": found.get("authorizerCredentials", ""),
        }
    return ids


def _import_operation(api_id: str, path: str, method: str, operation: Record, authorizers: dict[str, str]) -> None:
    integration = operation["x-amazon-apigateway-integration"]
    integration_id, route_id = new_uuid()[:8], new_uuid()[:8]
    gateway._integrations[api_id][integration_id] = {
        "integrationId": integration_id,
        "integrationType": str(integration.get("type", "aws_proxy")).upper(),
        "integrationUri": integration.get("uri", ""),
        "integrationMethod": integration.get("httpMethod", "POST"),
        "payloadFormatVersion": str(integration.get("payloadFormatVersion", "2.0")),
        "connectionType": "INTERNET",
        "timeoutInMillis": int(integration.get("timeoutInMillis", 30000)),
        "requestParameters": integration.get("requestParameters", {}),
    }
    key = "$default" if path.endswith("$default") else f"{'ANY' if method == ANY_METHOD else method.upper()} {path}"
    route = {
        "routeId": route_id,
        "routeKey": key,
        "target": f"integrations/{integration_id}",
        "authorizationType": "NONE",
        "authorizationScopes": [],
    }
    for name, scopes in (pair for wanted in operation.get("security") or [] for pair in wanted.items()):
        if name in authorizers:
            kind = gateway._authorizers[api_id][authorizers[name]]["authorizerType"]
            route["authorizerId"], route["authorizationScopes"] = authorizers[name], list(scopes or [])
            route["authorizationType"] = "JWT" if kind == "JWT" else "CUSTOM"
    gateway._routes[api_id][route_id] = route


def _import_api(api_id: str, properties: Record) -> None:
    """Give the API what its document and its CORS property say."""
    body = properties.get("Body")
    if isinstance(body, dict):
        for store in (gateway._routes, gateway._integrations, gateway._authorizers):
            store[api_id] = {}
        authorizers = _import_authorizers(api_id, body)
        for path, item in (body.get("paths") or {}).items():
            for method, operation in item.items():
                if method in METHODS | {ANY_METHOD} and operation.get("x-amazon-apigateway-integration"):
                    _import_operation(api_id, path, method, operation, authorizers)
    cors = properties.get("CorsConfiguration") or (body or {}).get("x-amazon-apigateway-cors")
    if cors:
        settings = _camel(cors)
        for name in ("allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders"):
            if isinstance(settings.get(name), str):
                settings[name] = settings[name].split(",")
        gateway._apis[api_id]["corsConfiguration"] = settings


def _with_body_tags(properties: Record) -> Record:
    """SAM writes an HttpApi's tags into its body; `ms-custom-id`, a stable id, is only read from Tags."""
    tags = (properties.get("Body") or {}).get("tags") or []
    named = {tag["name"]: tag.get("x-amazon-apigateway-tag-value", "") for tag in tags}
    return {**properties, "Tags": {**named, **(properties.get("Tags") or {})}} if named else properties


_api = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
_api_create, _api_update = _api["create"], _api["update"]


def create_api(logical_id: str, properties: Record, stack: str) -> tuple[str, Record]:
    made: tuple[str, Record] = _api_create(logical_id, _with_body_tags(properties), stack)
    _import_api(made[0], properties)
    return made


def update_api(physical_id: str, old: Record, new: Record, stack: str, *rest: Any, **named: Any) -> tuple[str, Record]:
    made: tuple[str, Record] = _api_update(physical_id, old, new, stack, *rest, **named)
    _import_api(made[0], new)
    return made


def install() -> None:
    _api.update(create=create_api, update=update_api)
