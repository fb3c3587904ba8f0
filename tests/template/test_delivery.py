"""Nothing that is handed over asynchronously gets lost without somebody being told."""

from tests.support.template_reader import Expanded, Resources, Written, listed, target

# Events that Lambda takes first and runs later.
ASYNCHRONOUS = ("S3", "Schedule", "ScheduleV2", "EventBridgeRule", "CloudWatchEvent", "SNS")


def test_every_queue_has_somewhere_to_put_what_failed(expanded: Expanded) -> None:
    live = {name: queue for name, queue in expanded.queues.items() if name not in expanded.dead_letters}
    assert live
    assert [name for name, queue in live.items() if "RedrivePolicy" not in queue] == []
    # Fewer, and a throttled poller alone would kill messages.
    assert [name for name, queue in live.items() if queue["RedrivePolicy"]["maxReceiveCount"] < 5] == []


def test_dead_letters_are_kept_longest_and_go_nowhere_else(expanded: Expanded) -> None:
    for name in expanded.dead_letters:
        queue = expanded.queues[name]
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert "RedrivePolicy" not in queue


def test_the_first_dead_letter_sets_off_an_alarm(expanded: Expanded, alarms: Resources) -> None:
    watched = {
        target(alarm["Dimensions"][0]["Value"])
        for alarm in alarms.of("AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    }
    assert watched == expanded.dead_letters


def test_a_message_stays_hidden_six_times_as_long_as_a_run_may_take(written: Written, expanded: Expanded) -> None:
    consumers = [(name, event) for name in written.functions for event in written.events(name, "SQS")]
    assert consumers
    for function, event in consumers:
        hidden = expanded.queues[target(event["Queue"])]["VisibilityTimeout"]
        assert hidden >= 6 * written.timeout(function), function


def test_one_bad_record_does_not_bring_back_the_whole_batch(expanded: Expanded) -> None:
    assert expanded.mappings
    for name, mapping in expanded.mappings.items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


def test_every_queue_is_encrypted(expanded: Expanded) -> None:
    assert [name for name, queue in expanded.queues.items() if not queue.get("SqsManagedSseEnabled")] == []


def test_what_runs_asynchronously_and_fails_is_kept(written: Written, expanded: Expanded) -> None:
    called = {
        target(resource)
        for _, one in expanded.statements
        if "lambda:InvokeFunction" in listed(one["Action"])
        for resource in listed(one["Resource"])
    }
    fed = {name for name in written.functions if written.events(name, *ASYNCHRONOUS)}
    kept = {
        target(config["FunctionName"])
        for config in expanded.of("AWS::Lambda::EventInvokeConfig").values()
        if config.get("DestinationConfig", {}).get("OnFailure")
    }
    assert called | fed
    assert (called | fed) - kept == set()


def test_a_poisoned_record_cannot_hold_up_the_stream(expanded: Expanded) -> None:
    streams = [one for one in expanded.mappings.values() if "StartingPosition" in one]
    assert streams
    for stream in streams:
        # The defaults are to try again for a day, everything at once.
        assert stream["BisectBatchOnFunctionError"] is True
        assert 0 < stream["MaximumRetryAttempts"] <= 5
        assert 0 < stream["MaximumRecordAgeInSeconds"] <= 3600
        assert target(stream["DestinationConfig"]["OnFailure"]["Destination"]) in expanded.dead_letters
        assert stream["FilterCriteria"]["Filters"]
