"""What the OTEL_* variables say. Those that are not named here have no effect.

OTEL_SDK_DISABLED                     `true`: nothing is recorded
OTEL_TRACES_EXPORTER                  `none`, `otlp`, or `xray`: by UDP to the daemon that Lambda provides. Unset: the
                                      endpoint if there is one, else the daemon if there is one (Lambda names one
                                      always: asked first, it would leave the endpoint without effect)
OTEL_EXPORTER_OTLP_ENDPOINT           base address of a receiver; OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: the whole address
OTEL_EXPORTER_OTLP_HEADERS            `name=value,…`, percent-encoded
OTEL_EXPORTER_OTLP_TIMEOUT            milliseconds; 1000 unless set (the standard's 10,000 would hold up callers)
OTEL_TRACES_SAMPLER                   `always_on`, `always_off`, `traceidratio`, also after `parentbased_`
OTEL_TRACES_SAMPLER_ARG               the ratio, from 0 to 1
OTEL_SERVICE_NAME                     unless set, the function's folder (POWERTOOLS_SERVICE_NAME)
OTEL_RESOURCE_ATTRIBUTES              `name=value,…`, percent-encoded
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

TIMEOUT_MS = 1000


class Config(NamedTuple):  # a dataclass takes milliseconds of every start
    """`endpoint`: an address for OTLP over HTTP. `daemon`: host and port for UDP. With neither, nothing is recorded."""

    endpoint: str = ""
    daemon: str = ""
    headers: Mapping[str, str] = {}
    timeout_seconds: float = TIMEOUT_MS / 1000
    ratio: float = 1.0
    parent_based: bool = True
    resource: Mapping[str, str] = {}

    @property
    def on(self) -> bool:
        return bool(self.endpoint or self.daemon)


OFF = Config()


def read(environment: Mapping[str, str]) -> Config:
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip()
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporter not in ("", "otlp", "xray"):
        return OFF
    endpoint = _endpoint(environment) if exporter != "xray" else ""
    daemon = environment.get("AWS_XRAY_DAEMON_ADDRESS", "") if exporter != "otlp" and not endpoint else ""
    if not endpoint and not daemon:
        return OFF
    ratio, parent_based = _sampler(environment)
    return Config(
        endpoint=endpoint,
        daemon=daemon,
        headers=_pairs(environment.get("OTEL_EXPORTER_OTLP_HEADERS", "")),
        timeout_seconds=_number(environment.get("OTEL_EXPORTER_OTLP_TIMEOUT"), TIMEOUT_MS) / 1000,
        ratio=ratio,
        parent_based=parent_based,
        resource=_resource(environment),
    )


def _endpoint(environment: Mapping[str, str]) -> str:
    if whole := environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip():
        return whole
    base = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    return f"{base.rstrip('/')}/v1/traces" if base else ""


def _sampler(environment: Mapping[str, str]) -> tuple[float, bool]:
    """The ratio of new traces that are sampled, and whether a caller's decision counts. Unknown names: the default."""
    name = environment.get("OTEL_TRACES_SAMPLER", "").strip() or "parentbased_always_on"
    ratio = min(max(_number(environment.get("OTEL_TRACES_SAMPLER_ARG"), 1.0), 0.0), 1.0)
    ratios = {"always_on": 1.0, "always_off": 0.0, "traceidratio": ratio}
    rule = name.removeprefix("parentbased_")
    if rule not in ratios:
        return 1.0, True
    return ratios[rule], name.startswith("parentbased_")


def _resource(environment: Mapping[str, str]) -> dict[str, str]:
    """By the semantic conventions for resources; what is empty is left out."""
    known = {
        "service.name": environment.get("OTEL_SERVICE_NAME") or environment.get("POWERTOOLS_SERVICE_NAME", "unknown"),
        "service.namespace": "realstaging",
        "deployment.environment.name": environment.get("STAGE", ""),
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": environment.get("AWS_REGION", ""),
        "faas.name": environment.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        "faas.version": environment.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        "faas.instance": environment.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
        "telemetry.sdk.name": "realstaging",
        "telemetry.sdk.language": "python",
    }
    given = _pairs(environment.get("OTEL_RESOURCE_ATTRIBUTES", ""))
    service = {"service.name": known["service.name"]} if environment.get("OTEL_SERVICE_NAME") else {}
    return {name: value for name, value in (known | given | service).items() if value}


def _pairs(text: str) -> dict[str, str]:
    split = (part.partition("=") for part in text.split(","))
    return {unquote(name.strip()): unquote(value.strip()) for name, sign, value in split if sign and name.strip()}


def _number(text: str | None, otherwise: float) -> float:
    try:
        return float(text or otherwise)
    except ValueError:
        return otherwise
