"""`python -m local.emulator`: ministack with all patches."""

from ministack import app

from local.emulator import (
    expressions,
    http_apis,
    http_requests,
    invocations,
    parameters,
    permissions,
    queues,
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
)

if __name__ == "__main__":
    for patch in PATCHES:
        patch.install()
    UNPACKED.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    app.main()
