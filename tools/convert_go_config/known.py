"""The Go service's variables, where they stood in its YAML, and what became of each."""

# What replaces these is a setting or a parameter of ours.
ISSUER, AUDIENCE, STAGE = "AUTH0_DOMAIN", "AUTH0_AUDIENCE", "APP_ENV"
SETTINGS = {ISSUER: "identity.issuer", AUDIENCE: "identity.audience"}
SECRETS = {
    "REPLICATE_API_TOKEN": "replicate_api_token",
    "STRIPE_SECRET_KEY": "stripe_secret_key",
    "STRIPE_WEBHOOK_SECRET": "stripe_webhook_secret",
}
ORIGINS = ("FRONTEND_URL", "APP_BASE_URL")
STAGES = {"prod": "prod", "production": "prod", "staging": "staging"}

# How its secrets begin: to notice one in the wrong place.
PREFIXES = {
    "REPLICATE_API_TOKEN": ("r8_",),
    "STRIPE_SECRET_KEY": ("sk_", "rk_"),
    "STRIPE_WEBHOOK_SECRET": ("whsec_",),
}

_DATABASE = "There is no Postgres: rows live in one DynamoDB table, which the template makes."
_REDIS = "There is no Redis: queues, sockets and the table do its work, and the template makes them."
_KEYS = "Each function has a role of its own; there are no storage keys."
_BUCKET = "The template makes and names the bucket, in the region you deploy to. Photos are not moved by this."
_PRICE = "Plans and their limits stand under `plans` in config/base.yaml, without price ids."
_WEB = "Only the web app reads it; it keeps it."
_TOKENS = "It fetched tokens for developers. Ours only verifies tokens; programs use API keys."

# What has no counterpart, and why.
LEFT = {
    "AUTH0_CLIENT_ID": _TOKENS,
    "AUTH0_CLIENT_SECRET": _TOKENS,
    "AUTH0_GRANT_TYPE": _TOKENS,
    "AUTH0_SECRET": _WEB,
    "CDN_URL": "Files are handed out by signed addresses of the bucket.",
    "DATABASE_URL": _DATABASE,
    "PGHOST": _DATABASE,
    "PGPORT": _DATABASE,
    "PGUSER": _DATABASE,
    "PGPASSWORD": _DATABASE,
    "PGDATABASE": _DATABASE,
    "PGSSLMODE": _DATABASE,
    "REDIS_HOST": _REDIS,
    "REDIS_PORT": _REDIS,
    "REDIS_ADDR": _REDIS,
    "JOB_QUEUE_NAME": "The template makes and names the queues.",
    "WORKER_CONCURRENCY": "Our workers do not wait for a model. How many create runs at once: MaximumConcurrency of "
    "StageImage in template.yaml.",
    "LOG_LEVEL": "POWERTOOLS_LOG_LEVEL and ApplicationLogLevel in template.yaml.",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "Nothing is exported; every log line carries its trace id.",
    "S3_ACCESS_KEY": _KEYS,
    "S3_SECRET_KEY": _KEYS,
    "S3_BUCKET_NAME": _BUCKET,
    "S3_BUCKET": _BUCKET,
    "S3_REGION": _BUCKET,
    "S3_ENDPOINT": "Storage is Amazon S3; the local cloud brings its own.",
    "S3_PUBLIC_ENDPOINT": "Addresses are signed for the host that browsers reach anyway.",
    "S3_USE_PATH_STYLE": "Storage is Amazon S3.",
    "STRIPE_PRICE_FREE": _PRICE,
    "STRIPE_PRICE_PRO": _PRICE,
    "STRIPE_PRICE_BUSINESS": _PRICE,
    "WORKER_SECRET": "The Go service never used it.",
    "CONFIG_DIR": "config/ is part of the build.",
    "RECONCILE_ENABLED": "It did nothing any more. The sweep runs every minute.",
    "PORT": "The Go service ignored it; ours has no port.",
    "GO_ENV": "The stage says it: make deploy STAGE=…",
    "NODE_ENV": "The stage says it: make deploy STAGE=…",
    "ENV": "The stage says it: make deploy STAGE=…",
    "API_URL": "The web app's: give it the output ApiUrl of the stack.",
    "NEXT_PUBLIC_API_BASE": "The web app's: give it the output ApiUrl of the stack.",
    "stripe.frontend_url": "Nothing read it; FRONTEND_URL counted.",
}
PUBLIC = "NEXT_PUBLIC_"  # the web app's build writes these into what every browser loads
LEFT_SECRETS = (
    "AUTH0_CLIENT_SECRET",
    "AUTH0_SECRET",
    "DATABASE_URL",
    "PGPASSWORD",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "WORKER_SECRET",
)

# Keys of its YAML files that are not simply SECTION_KEY in capitals.
_SECTIONS = {
    "app": {"env": STAGE},
    "cdn": {"url": "CDN_URL"},
    "db": {"url": "DATABASE_URL"}
    | {f"pg{key}": f"PG{key.upper()}" for key in ("host", "port", "user", "password", "database", "sslmode")},
    "job": {"queue_name": "JOB_QUEUE_NAME", "worker_concurrency": "WORKER_CONCURRENCY"},
    "logging": {"level": "LOG_LEVEL"},
    "otel": {"exporter_otlp_endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT"},
    "plans": {f"{plan}_price_id": f"STRIPE_PRICE_{plan.upper()}" for plan in ("free", "pro", "business")},
}
NAMES = frozenset((*SETTINGS, *SECRETS, *ORIGINS, STAGE, *LEFT))


def variable(section: str, key: str) -> str:
    """The variable that a key of the YAML files stands for; the key's path if it stands for none."""
    plain = f"{section}_{key}".upper()
    name = _SECTIONS.get(section, {}).get(key) or (plain if section not in _SECTIONS and plain in NAMES else "")
    return name or f"{section}.{key}"


def why_left(name: str) -> str | None:
    """Why a variable has no counterpart; None for one the Go service did not know."""
    return LEFT.get(name) or (_WEB if name.startswith(PUBLIC) else None)
