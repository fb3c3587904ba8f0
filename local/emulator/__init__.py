"""The AWS emulator: ministack (pinned) with the gaps closed that this application meets.

ministack runs the real template, but not all of it as AWS does. Every module here hooks one part of the pinned
version and says what it closes; tests/contract holds the pin to each of them.

http_apis      HTTP APIs from a template: routes, authorizers, CORS and stable ids
tables         tables from a template: time to live
parameters     parameters and the transform: the values of this deployment, not the defaults
streams        stream event sources: partial failures, retries, bisecting, on-failure queue; their own threads
workers        a Lambda worker: clean interpreter and environment, shared unpacked layers, logged
invocations    few workers a function; who finds none free waits
sockets        WebSocket invocations: through the same workers; no answers nobody asked for
http_requests  HTTP invocations: AWS's 500, cookies, CORS headers on refusals, preflight, limits of bodies
queues         fair queues: one tenant's thousand messages do not hold up another's one; delays of 900 s at most
permissions    of batch calls, which SQS does not know; asked once a transaction
secrets        whose tags are asked for and that are not there are refused
expressions    read once, not for every row that they are held against
transactions   no figures that nobody asked for
recursion      loops through queues: counted, stopped after sixteen rounds and reported
object_deletions  DeleteObjects: denied keys are in an answer with 200
conflicts      POST /_local/conflicts?rate=: writes are refused as if they met a transaction
s3_hosts       S3's global address redirects
warming        POST /_local/warm: starts workers before the first request needs them

Run with the emulator's interpreter, from the project's folder: `.venvs/emulator/bin/python -m local.emulator`
(local/processes.py sets the variables). LOCAL_WORKERS bounds the workers of one function, LAMBDA_PYTHON is
their interpreter, LOCAL_LOGS the folder of their logs.
"""
