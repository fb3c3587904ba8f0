"""`python -m local.emulator`: ministack with all patches."""

import resource

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

OPEN_FILES = 65_536

if __name__ == "__main__":
    # Shells often allow 1,024; connections that callers keep open pass that with many photos at once.
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    unbounded = most == resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, OPEN_FILES if unbounded else min(most, OPEN_FILES)), most))
    for patch in PATCHES:
        patch.install()
    UNPACKED.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    app.main()
