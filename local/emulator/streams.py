"""Stream event sources: partial failures, retries, bisecting, an on-failure queue, and threads of their own.

ministack ignores ReportBatchItemFailures, MaximumRetryAttempts, BisectBatchOnFunctionError, OnFailure: one
bad record blocks the table for ever. Its stream handlers also run on the one thread that polls the queues.
`poll_streams` and `_run_stream_batch` follow ministack's own stream poller (MIT, copyright MiniStack Contributors).
"""

import time

import ministack.services.lambda_svc as functions
from ministack.services import dynamodb

from local.emulator.shapes import Record


def _checkpoint(source_id: str, position: int) -> None:
    with functions._dynamodb_stream_positions_lock:
        functions._dynamodb_stream_positions[source_id] = position


def _first_failed(source: Record, result: Record, records: list[Record], low: int, high: int) -> int | None:
    """Index of the first record to try again: Lambda goes back to the lowest number reported as failed."""
    if result.get("error"):
        return low
    body = result.get("body")
    if "ReportBatchItemFailures" not in (source.get("FunctionResponseTypes") or []) or not isinstance(body, dict):
        return None
    failed = {str(item.get("itemIdentifier", "")) for item in body.get("batchItemFailures") or []}
    if not failed:
        return None
    known = (at for at in range(low, high) if str(records[at]["dynamodb"].get("SequenceNumber")) in failed)
    return min(known, default=low)  # an unknown identifier fails the whole batch


def _too_old(source: Record, batch: list[Record]) -> bool:
    limit = int(source.get("MaximumRecordAgeInSeconds", -1))
    oldest = min(float(record["dynamodb"].get("ApproximateCreationDateTime", time.time())) for record in batch)
    return 0 < limit < time.time() - oldest


def _run_stream_batch(source: Record, function: Record, records: list[Record], position: int, stream: str) -> None:
    """Deliver these records in order, with the source's own rules for what fails."""
    source_id, limit = source["UUID"], int(source.get("MaximumRetryAttempts", -1))
    waiting = [(0, len(records), 0)]
    while waiting:
        low, high, tries = waiting.pop()
        batch = functions._apply_filter_criteria(records[low:high], source)
        result = functions._execute_function(function, {"Records": batch}) if batch else {}
        first = _first_failed(source, result, records, low, high)
        if first is None:
            _checkpoint(source_id, position + high)
            source["LastProcessingResult"] = f"OK - {len(batch)} records"
            continue
        source["LastProcessingResult"] = "FAILED"
        functions.logger.warning(
            "%s failed a stream batch (attempt %d): %s", source["FunctionName"], tries + 1, result.get("body")
        )
        _checkpoint(source_id, position + first)
        too_old = _too_old(source, batch)
        if too_old or 0 <= limit <= tries:
            left = functions._apply_filter_criteria(records[first:high], source)
            why = "MaxRecordAgeExceeded" if too_old else "RetryAttemptsExhausted"
            functions._send_ddb_stream_failure_record(source, function, left, stream, result, why)
            _checkpoint(source_id, position + high)
            continue
        time.sleep(min(0.2 * 2**tries, 5))
        if source.get("BisectBatchOnFunctionError") and high - first > 1:
            middle = (first + high) // 2
            waiting += [(middle, high, tries), (first, middle, tries)]  # a split does not count as a retry
        else:
            waiting.append((first, high, tries + 1))
        if source_id not in functions._esms or not source.get("Enabled", True):
            return


def _poll_stream(source: Record) -> bool:
    """Start what this source has waiting, on a thread of its own; True if there was something."""
    stream, source_id = source.get("EventSourceArn", ""), source["UUID"]
    if not source.get("Enabled", True) or ":dynamodb:" not in stream or functions._esm_inflight.get(source_id):
        return False
    table = functions._dynamodb_stream_table_from_arn_spec(functions.parse_arn(stream))
    function, _ = functions._get_func_record_for_qualifier(source["FunctionName"], source.get("Qualifier"))
    if table is None or function is None or (dynamodb._tables.get(table[0]) or {}).get("LatestStreamArn") != stream:
        return False
    oldest = dynamodb.stream_start_position(table[0])
    from_start = source.get("StartingPosition") == "TRIM_HORIZON"
    with functions._dynamodb_stream_positions_lock:
        start = oldest if from_start else dynamodb.stream_end_position(table[0])
        position = max(functions._dynamodb_stream_positions.get(source_id, start), oldest)
        functions._dynamodb_stream_positions[source_id] = position
    records = dynamodb.stream_records_since(table[0], position, source.get("BatchSize", 100))
    if records:
        functions._dispatch_esm_batch(source_id, _run_stream_batch, source, function, records, position, stream)
    return bool(records)


def poll_streams() -> bool:
    busy = False
    for account, region, source in functions._iter_all_esms():
        account_token = functions._request_account_id.set(account)
        region_token = functions._request_region.set(region)
        try:
            busy = _poll_stream(source) or busy
        finally:
            functions._request_account_id.reset(account_token)
            functions._request_region.reset(region_token)
    return busy


def install() -> None:
    functions._poll_dynamodb_streams = poll_streams
    # A wake-up that found nothing makes ministack sleep this long: with a batch under way that is every other
    # write, and the status message that follows would be late by as much.
    functions._ESM_IDLE_WAKE_GAP_SECONDS = 0.005
