"""Who may do what."""

from tests.support.template_reader import Expanded, Written, listed

# What SAM itself attaches: to write logs, and to read the queue or the stream that a function is fed from.
ATTACHED_BY_SAM = {
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole",
    "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole",
    # To send traces, and nothing else; SAM attaches it wherever `Tracing` is written, also for PassThrough.
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
    "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess",
    # CodeDeploy's own role: to move aliases and to look at alarms.
    "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda",
}


def test_roles_name_every_action(expanded: Expanded) -> None:
    assert expanded.statements
    wild = [(role, action) for role, one in expanded.statements for action in listed(one["Action"]) if "*" in action]
    assert wild == []


def test_roles_name_every_resource(expanded: Expanded) -> None:
    wild = [
        (role, one["Action"]) for role, one in expanded.statements for each in listed(one["Resource"]) if each == "*"
    ]
    assert wild == []


def test_roles_allow_and_never_by_exception(expanded: Expanded) -> None:
    for role, statement in expanded.statements:
        assert statement["Effect"] == "Allow", role
        assert {"NotAction", "NotResource"} & set(statement) == set(), role


def test_nothing_reads_the_whole_table(expanded: Expanded) -> None:
    assert [role for role, one in expanded.statements if "dynamodb:Scan" in listed(one["Action"])] == []


def test_roles_carry_no_managed_policy_but_sams_own(expanded: Expanded) -> None:
    attached = {arn for role in expanded.of("AWS::IAM::Role").values() for arn in role.get("ManagedPolicyArns", [])}
    assert attached <= ATTACHED_BY_SAM


def test_policies_are_statements_and_no_sam_templates(written: Written) -> None:
    policies = [policy for function in written.functions.values() for policy in function.get("Policies", [])]
    assert policies
    assert [policy for policy in policies if set(policy) != {"Statement"}] == []


def test_the_bucket_policy_grants_nothing(expanded: Expanded) -> None:
    documents = [policy["PolicyDocument"] for policy in expanded.of("AWS::S3::BucketPolicy").values()]
    assert {one["Effect"] for document in documents for one in document["Statement"]} == {"Deny"}


def test_buckets_are_private_and_encrypted(expanded: Expanded) -> None:
    for bucket in expanded.of("AWS::S3::Bucket").values():
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]


def test_invocations_are_allowed_to_one_source_each(expanded: Expanded) -> None:
    permissions = expanded.of("AWS::Lambda::Permission")
    # S3 names its bucket by account, because the bucket waits for the permission.
    assert [name for name, one in permissions.items() if not {"SourceArn", "SourceAccount"} & set(one)] == []


def test_who_writes_secrets_can_read_none(expanded: Expanded) -> None:
    writers = {role for role, one in expanded.statements if "ssm:PutParameter" in listed(one["Action"])}
    assert writers == {"AdminApiRole"}
    actions = {action for role, one in expanded.statements if role in writers for action in listed(one["Action"])}
    assert {action for action in actions if action.startswith("ssm:Get")} == set()


def test_secrets_of_further_provider_accounts_are_read_by_those_who_need_them(expanded: Expanded) -> None:
    def readers(kind: str) -> set[str]:
        return {
            role
            for role, one in expanded.statements
            for resource in listed(one["Resource"])
            if "ssm:GetParameter" in listed(one["Action"]) and f"/replicate/*/{kind}" in str(resource)
        }

    assert readers("api_token") == {"StageImageRole", "FinishJobRole"}
    assert readers("webhook_secret") == {"ReplicateWebhookRole"}
