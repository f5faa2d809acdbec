"""Properties that LocalStack's CloudFormation drops or pretends to apply.

Each test deploys a small template, reads back through the service's own API, updates in place and
reads back again.
"""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack


def _dashboard(name: str, body: str) -> dict[str, Any]:
    properties = {"DashboardName": name, "DashboardBody": body}
    return {
        "Resources": {"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}},
        "Outputs": {"Name": {"Value": {"Ref": "Board"}}},
    }


def _log_group(days: int | None) -> dict[str, Any]:
    retention = {"RetentionInDays": days} if days else {}
    topic = {"Type": "AWS::SNS::Topic"}  # there is always something to change
    group = {"Type": "AWS::Logs::LogGroup", "Properties": retention}
    return {"Resources": {"Group": group, f"Topic{days}": topic}}


def test_a_dashboard_is_created_updated_and_deleted(emulator: Emulator, stack: Stack) -> None:
    """The dashboard in CloudWatch has the body that the template gives it, and Ref is its name."""
    cloudwatch = emulator.client("cloudwatch")
    name = f"board-{uuid.uuid4().hex}"
    for text in ("one", "two"):
        body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": text}}]})
        stack.deploy(_dashboard(name, body))
        assert stack.outputs() == {"Name": name}
        assert cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"] == body
    stack.delete()
    assert not cloudwatch.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]


@pytest.mark.parametrize("body", ["{", '"text"'])
def test_a_dashboard_that_is_no_json_object_fails_the_stack(stack: Stack, body: str) -> None:
    """PutDashboard refuses it on AWS, so the resource fails with that reason."""
    assert stack.deploy(_dashboard(f"board-{uuid.uuid4().hex}", body)) != "CREATE_COMPLETE"
    assert any("DashboardBody" in reason for reason in stack.reasons("CREATE_FAILED"))


def test_the_retention_of_a_log_group_is_applied(emulator: Emulator, stack: Stack) -> None:
    """RetentionInDays is set on create, changed on update and removed with the property."""
    logs = emulator.client("logs")
    for days in (7, 30, None):
        stack.deploy(_log_group(days))
        (group,) = logs.describe_log_groups(logGroupNamePrefix=stack.resource("Group"))["logGroups"]
        assert group.get("retentionInDays") == days


# Buckets


def _bucket(**properties: Any) -> dict[str, Any]:
    return {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}}


BLOCKED = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}


def test_a_bucket_is_private(emulator: Emulator, stack: Stack) -> None:
    """Without an AccessControl only the owner may read the bucket."""
    stack.deploy(_bucket(BucketName=stack.name))

    grants = emulator.client("s3").get_bucket_acl(Bucket=stack.name)["Grants"]
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]


def test_a_bucket_gets_what_the_template_says(emulator: Emulator, stack: Stack) -> None:
    """Encryption, public access block, ownership, versioning and lifecycle apply, then change."""
    s3 = emulator.client("s3")
    old_versions = {
        "Id": "old",
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "ExpiredObjectDeleteMarker": True,
    }
    uploads = {
        "Id": "uploads",
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    receipts = {
        "Id": "receipts",
        "Status": "Enabled",
        "Prefix": "receipts/",
        "ExpirationInDays": "30",
        "TagFilters": [{"Key": "k", "Value": "v"}],
        "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 7}],
    }
    kms = {"SSEAlgorithm": "aws:kms"}

    stack.deploy(
        _bucket(
            BucketName=stack.name,
            BucketEncryption={
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": kms, "BucketKeyEnabled": True}
                ]
            },
            PublicAccessBlockConfiguration={**BLOCKED, "BlockPublicAcls": "false"},
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
            LifecycleConfiguration={"Rules": [old_versions, uploads, receipts]},
            Tags=[{"Key": "a", "Value": "1"}],
        )
    )

    encryption = s3.get_bucket_encryption(Bucket=stack.name)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"] == [
        {"ApplyServerSideEncryptionByDefault": kms, "BucketKeyEnabled": True}
    ]
    block = s3.get_public_access_block(Bucket=stack.name)["PublicAccessBlockConfiguration"]
    assert block == {**BLOCKED, "BlockPublicAcls": False}
    ownership = s3.get_bucket_ownership_controls(Bucket=stack.name)["OwnershipControls"]
    assert ownership["Rules"] == [{"ObjectOwnership": "BucketOwnerPreferred"}]
    assert s3.get_bucket_lifecycle_configuration(Bucket=stack.name)["Rules"] == [
        {
            "ID": "old",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        },
        {
            "ID": "uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {
            "ID": "receipts",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "receipts/", "Tags": [{"Key": "k", "Value": "v"}]}},
            "Expiration": {"Days": 30},
            "Transitions": [{"Days": 7, "StorageClass": "GLACIER"}],
        },
    ]

    stack.deploy(
        _bucket(
            BucketName=stack.name,
            VersioningConfiguration={"Status": "Enabled"},
            PublicAccessBlockConfiguration=BLOCKED,
            LifecycleConfiguration={"Rules": [uploads]},
        )
    )

    assert s3.get_bucket_versioning(Bucket=stack.name)["Status"] == "Enabled"
    encryption = s3.get_bucket_encryption(Bucket=stack.name)["ServerSideEncryptionConfiguration"]
    default = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "AES256"
    block = s3.get_public_access_block(Bucket=stack.name)["PublicAccessBlockConfiguration"]
    assert block == BLOCKED
    rules = s3.get_bucket_lifecycle_configuration(Bucket=stack.name)["Rules"]
    assert [rule["ID"] for rule in rules] == ["uploads"]
    with pytest.raises(ClientError, match="NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket=stack.name)


def test_an_existing_bucket_is_not_adopted(emulator: Emulator, stack: Stack) -> None:
    """A bucket of that name that exists already fails the stack, and stays.

    Validation finds it before that: test_validation_of_names.py.
    """
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=stack.name)

    template = _bucket(BucketName=stack.name)
    assert stack.create(template, DisableValidation=True) == "ROLLBACK_COMPLETE"

    assert stack.reasons("CREATE_FAILED") == [f"{stack.name} already exists"]
    s3.delete_bucket(Bucket=stack.name)


def test_a_bucket_with_an_invalid_name_fails(stack: Stack) -> None:
    """A name with capital letters is refused, not made lower-case."""
    template = _bucket(BucketName=f"Capital-{stack.name}")
    assert stack.create(template, DisableValidation=True) == "ROLLBACK_COMPLETE"

    (reason,) = stack.reasons("CREATE_FAILED")
    assert "#/BucketName: failed validation constraint for keyword [pattern]" in reason


@pytest.mark.parametrize(
    ("kind", "properties", "said"),
    [
        ("AWS::S3::Bucket", {"BuckettName": "b"}, "extraneous key [BuckettName] is not permitted"),
        ("AWS::SNS::Topic", {"DisplayName": ["x"]}, "expected type: String, found: JSONArray"),
        ("AWS::SQS::QueuePolicy", {"Queues": ["q"]}, "required key [PolicyDocument] not found"),
        (
            "AWS::S3::Bucket",
            {"MetricsConfigurations": [{"Id": "all"}]},
            "Property MetricsConfigurations of AWS::S3::Bucket is not emulated here.",
        ),
    ],
)
def test_a_property_that_aws_does_not_take_fails_the_resource(
    stack: Stack, kind: str, properties: dict[str, Any], said: str
) -> None:
    """What AWS does not take, and what would have no effect here, fails the resource.

    So it does without the validation that comes before; see test_validation.py.
    """
    template = {"Resources": {"It": {"Type": kind, "Properties": properties}}}
    assert stack.create(template, DisableValidation=True) == "ROLLBACK_COMPLETE"

    (reason,) = stack.reasons("CREATE_FAILED")
    assert said in reason


def test_a_template_that_was_not_packaged_says_what_to_do(stack: Stack) -> None:
    """Code as a path on this machine: refused as on AWS, with what helps."""
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Code": "../lambda", "Role": "arn:aws:iam::000000000000:role/r"},
    }

    assert stack.deploy({"Resources": {"Function": function}}) == "ROLLBACK_COMPLETE"

    (reason,) = stack.reasons("CREATE_FAILED")
    assert "#/Code: expected type: JSONObject, found: String" in reason
    assert "run `aws cloudformation package`" in reason


def test_a_bucket_that_holds_something_is_not_deleted(emulator: Emulator, stack: Stack) -> None:
    """Deleting the stack fails with S3's reason while the bucket has objects or versions."""
    s3 = emulator.client("s3")
    stack.deploy(_bucket(BucketName=stack.name))
    s3.put_object(Bucket=stack.name, Key="k", Body=b"precious")

    assert stack.delete() == "DELETE_FAILED"

    assert stack.reasons("DELETE_FAILED")[-1:] == ["The bucket you tried to delete is not empty"]
    assert s3.get_object(Bucket=stack.name, Key="k")["Body"].read() == b"precious"
    s3.delete_object(Bucket=stack.name, Key="k")


def _statement(sid: str, resource: Any, action: str) -> dict[str, Any]:
    statement = {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_bucket_and_topic_policies_are_replaced(emulator: Emulator, stack: Stack) -> None:
    """A changed PolicyDocument replaces the policy of the bucket and of the topic."""
    s3, sns = emulator.client("s3"), emulator.client("sns")
    for sid in ("first", "second"):
        bucket_arn = {"Fn::Sub": "${Bucket.Arn}/*"}
        stack.deploy(
            {
                "Resources": {
                    "Bucket": {"Type": "AWS::S3::Bucket"},
                    "BucketPolicy": {
                        "Type": "AWS::S3::BucketPolicy",
                        "Properties": {
                            "Bucket": {"Ref": "Bucket"},
                            "PolicyDocument": _statement(sid, bucket_arn, "s3:PutObject"),
                        },
                    },
                    "Topic": {"Type": "AWS::SNS::Topic"},
                    "TopicPolicy": {
                        "Type": "AWS::SNS::TopicPolicy",
                        "Properties": {
                            "Topics": [{"Ref": "Topic"}],
                            "PolicyDocument": _statement(sid, {"Ref": "Topic"}, "sns:Publish"),
                        },
                    },
                }
            }
        )

        policy = json.loads(s3.get_bucket_policy(Bucket=stack.resource("Bucket"))["Policy"])
        assert policy["Statement"][0]["Sid"] == sid
        attributes = sns.get_topic_attributes(TopicArn=stack.resource("Topic"))["Attributes"]
        assert json.loads(attributes["Policy"])["Statement"][0]["Sid"] == sid


def test_a_changed_alarm_has_its_new_threshold(emulator: Emulator, stack: Stack) -> None:
    """A changed alarm has its new threshold and keeps its name."""
    for threshold in (1, 5):
        properties = {
            "Namespace": "Test",
            "MetricName": "m",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        }
        stack.deploy(
            {"Resources": {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}}
        )

        name = stack.resource("Alarm")
        (alarm,) = emulator.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
        assert alarm["Threshold"] == threshold


# Functions


def _trust(service: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _allow(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


ROLE: dict[str, Any] = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": _trust("lambda.amazonaws.com")},
}


def _function(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Code": {"ZipFile": "def handler(event, context): pass"},
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            **properties,
        },
    }


def test_reserved_concurrency_applies_changes_and_ends(emulator: Emulator, stack: Stack) -> None:
    """ReservedConcurrentExecutions is reserved, changed, and given back with the property."""
    for reserved in ({"ReservedConcurrentExecutions": 5}, {"ReservedConcurrentExecutions": 0}, {}):
        stack.deploy({"Resources": {"Role": ROLE, "Function": _function(**reserved)}})

        found = emulator.client("lambda").get_function_concurrency(
            FunctionName=stack.resource("Function")
        )
        assert {key: found[key] for key in found if key != "ResponseMetadata"} == reserved


def test_a_permission_has_all_of_its_conditions(emulator: Emulator, stack: Stack) -> None:
    """SourceAccount and SourceArn both stand in the function's policy, also after a change."""
    for account in ("111111111111", "222222222222"):
        permission = {
            "FunctionName": {"Ref": "Function"},
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
            "SourceArn": "arn:aws:s3:::some-bucket",
            "SourceAccount": account,
        }
        stack.deploy(
            {
                "Resources": {
                    "Role": ROLE,
                    "Function": _function(),
                    "Permission": {"Type": "AWS::Lambda::Permission", "Properties": permission},
                }
            }
        )

        policy = emulator.client("lambda").get_policy(FunctionName=stack.resource("Function"))
        (statement,) = json.loads(policy["Policy"])["Statement"]
        assert statement["Condition"] == {
            "StringEquals": {"AWS:SourceAccount": account},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::some-bucket"},
        }


def test_an_event_invoke_config_changes(emulator: Emulator, stack: Stack) -> None:
    """Retries and destination of asynchronous invocations follow the template."""
    sends = {"PolicyName": "send", "PolicyDocument": _allow("sqs:SendMessage")}
    role = {**ROLE, "Properties": {**ROLE["Properties"], "Policies": [sends]}}
    for retries in (0, 2):
        config = {
            "FunctionName": {"Ref": "Function"},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": retries,
            "DestinationConfig": {
                "OnFailure": {"Destination": {"Fn::GetAtt": [f"Queue{retries}", "Arn"]}}
            },
        }
        stack.deploy(
            {
                "Resources": {
                    "Role": role,
                    "Function": _function(),
                    "Queue0": {"Type": "AWS::SQS::Queue"},
                    "Queue2": {"Type": "AWS::SQS::Queue"},
                    "Config": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": config},
                }
            }
        )

        found = emulator.client("lambda").get_function_event_invoke_config(
            FunctionName=stack.resource("Function"), Qualifier="$LATEST"
        )
        assert found["MaximumRetryAttempts"] == retries
        queue = stack.resource(f"Queue{retries}").rsplit("/", 1)[1]
        assert found["DestinationConfig"]["OnFailure"]["Destination"].endswith(f":{queue}")


def test_a_role_changes_in_place(emulator: Emulator, stack: Stack) -> None:
    """Trust policy and inline policies change; the role stays the same one."""
    iam = emulator.client("iam")
    names = []
    for service, policies in (
        ("lambda.amazonaws.com", {"a": "s3:GetObject", "b": "s3:PutObject"}),
        ("events.amazonaws.com", {"a": "s3:ListBucket", "c": "sns:Publish"}),
    ):
        properties = {
            "AssumeRolePolicyDocument": _trust(service),
            "Policies": [
                {"PolicyName": name, "PolicyDocument": _allow(action)}
                for name, action in policies.items()
            ],
        }
        stack.deploy({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}})

        names.append(role := stack.resource("Role"))
        trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        assert trust["Statement"][0]["Principal"] == {"Service": service}
        found = {
            name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        }
        assert found == {name: _allow(action) for name, action in policies.items()}
    assert len(set(names)) == 1
