"""`python -m local.emulator`: ministack with all patches."""

from ministack import app

from local.emulator import (
    conflicts,
    expressions,
    http_apis,
    http_requests,
    invocations,
    object_deletions,
    parameters,
    permissions,
    queues,
    recursion,
    s3_hosts,
    secrets,
    sockets,
    streams,
    tables,
    transactions,
    warming,
)
from local.emulator.workers import LOGS, UNPACKED

PATCHES = (
    http_apis,
    tables,
    parameters,
    streams,
    invocations,
    sockets,
    http_requests,
    queues,
    permissions,
    secrets,
    expressions,
    transactions,
    warming,
    recursion,
    object_deletions,
    conflicts,
    s3_hosts,
)

if __name__ == "__main__":
    for patch in PATCHES:
        patch.install()
    UNPACKED.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    app.main()
