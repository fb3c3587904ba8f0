"""What was deleted can be got back for two weeks, and not longer (decision 44)."""

from tests.support.template_reader import Expanded, listed

DAYS = 14


def test_rows_and_files_can_be_got_back_equally_long(expanded: Expanded) -> None:
    (table,) = expanded.of("AWS::DynamoDB::Table").values()
    assert table["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True,
        "RecoveryPeriodInDays": DAYS,
    }
    bucket = expanded.of("AWS::S3::Bucket")["MediaBucket"]
    condition, local, aws = bucket["VersioningConfiguration"]["Fn::If"]
    assert (condition, local, aws) == ("Emulated", {"Ref": "AWS::NoValue"}, {"Status": "Enabled"})
    rules = bucket["LifecycleConfiguration"]["Rules"]
    # Of the whole bucket: a deletion under a prefix that somebody forgot would never be one.
    ends = [rule for rule in rules if "NoncurrentVersionExpiration" in rule]
    assert [(rule["NoncurrentVersionExpiration"]["NoncurrentDays"], rule.get("Prefix")) for rule in ends] == [
        (DAYS, None)
    ]
    assert [rule.get("Prefix") for rule in rules if rule.get("ExpiredObjectDeleteMarker")] == [None]
    assert {rule["Status"] for rule in rules} == {"Enabled"}


def test_no_function_can_end_the_way_back(expanded: Expanded) -> None:
    granted = {action for _, one in expanded.statements for action in listed(one["Action"])}
    refused = {"s3:*", "s3:DeleteObjectVersion", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"}
    assert granted & (refused | {"dynamodb:*", "dynamodb:UpdateContinuousBackups", "dynamodb:DeleteTable"}) == set()
