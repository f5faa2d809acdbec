"""Properties follow the template: set at first, changed in place, and back at AWS's default.

Each test deploys a resource, changes properties, takes them away, and reads back each time through
the service's own API. AWS: CloudFormation Template Reference, the page of each resource type, where
the update behaviour "No interruption" is that of every change here.
"""

import io
import json
import zipfile
from typing import Any

from tests.emulator.conftest import Emulator
from tests.emulator.queues import create_queue
from tests.emulator.stacks import Stack


def _deploy(stack: Stack, kind: str, **properties: Any) -> str:
    """Bring the stack to one resource of this type; return its physical id."""
    template = {"Resources": {"It": {"Type": kind, "Properties": properties}}}
    assert stack.deploy(template) in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    return stack.resource("It")


def _tags(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_a_topic_follows_its_template(emulator: Emulator, stack: Stack) -> None:
    """DisplayName and tags of a topic that has no name of its own; it stays the same topic."""
    sns = emulator.client("sns")
    arns, seen = set(), []
    for properties in (
        {"DisplayName": "One", "Tags": _tags(a="1", b="2")},
        {"DisplayName": "Two", "Tags": _tags(a="3"), "SignatureVersion": "2"},
        {"SignatureVersion": "1"},
    ):
        arn = _deploy(stack, "AWS::SNS::Topic", **properties)
        arns.add(arn)
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        tags = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
        seen.append((attributes["DisplayName"], {tag["Key"]: tag["Value"] for tag in tags}))

    assert seen == [("One", {"a": "1", "b": "2"}), ("Two", {"a": "3"}), ("", {})]
    assert len(arns) == 1
    assert f":{stack.name}-It-" in arns.pop()


def test_how_a_topic_logs_deliveries(emulator: Emulator, stack: Stack) -> None:
    """DeliveryStatusLogging is attributes of the topic, by protocol."""
    role = "arn:aws:iam::000000000000:role/logs"
    seen = []
    for logging in (
        [{"Protocol": "sqs", "SuccessFeedbackRoleArn": role, "SuccessFeedbackSampleRate": 45}],
        [{"Protocol": "http/s", "FailureFeedbackRoleArn": role}],
        [],
    ):
        arn = _deploy(stack, "AWS::SNS::Topic", DeliveryStatusLogging=logging)
        found = emulator.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        seen.append({name: it for name, it in found.items() if "Feedback" in name and it})

    assert seen == [
        {"SQSSuccessFeedbackRoleArn": role, "SQSSuccessFeedbackSampleRate": "45"},
        {"HTTPFailureFeedbackRoleArn": role},
        {},
    ]


def test_for_how_long_a_fifo_topic_keeps_messages(emulator: Emulator, stack: Stack) -> None:
    """Recorded: LocalStack's tests, v4.14.0, test_sns_topic_with_attributes."""
    seen = []
    for properties in (
        {"ArchivePolicy": {"MessageRetentionPeriod": 30}},
        {"ArchivePolicy": {"MessageRetentionPeriod": "7"}},
        {},
    ):
        arn = _deploy(stack, "AWS::SNS::Topic", FifoTopic=True, **properties)
        found = emulator.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        seen.append(json.loads(found["ArchivePolicy"]))

    assert seen == [{"MessageRetentionPeriod": "30"}, {"MessageRetentionPeriod": "7"}, {}]


def test_a_subscription_follows_its_template(emulator: Emulator, stack: Stack) -> None:
    """FilterPolicy and RawMessageDelivery of a queue's subscription, and its Arn."""
    sns = emulator.client("sns")
    seen = []
    for properties in (
        {"FilterPolicy": {"status": ["failed"]}, "RawMessageDelivery": True},
        {"FilterPolicy": {"status": ["rejected"]}},
        {"RawMessageDelivery": False},
    ):
        stack.deploy(
            {
                "Resources": {
                    "Topic": {"Type": "AWS::SNS::Topic"},
                    "Queue": {"Type": "AWS::SQS::Queue"},
                    "It": {
                        "Type": "AWS::SNS::Subscription",
                        "Properties": {
                            "TopicArn": {"Ref": "Topic"},
                            "Protocol": "sqs",
                            "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
                            **properties,
                        },
                    },
                },
                "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["It", "Arn"]}}},
            }
        )
        assert stack.outputs() == {"Arn": stack.resource("It")}
        attributes = sns.get_subscription_attributes(SubscriptionArn=stack.resource("It"))
        found = attributes["Attributes"]
        seen.append((found.get("FilterPolicy", "{}"), found["RawMessageDelivery"]))

    assert seen == [
        ('{"status": ["failed"]}', "true"),
        ('{"status": ["rejected"]}', "false"),
        ("{}", "false"),
    ]


def test_a_subscription_to_a_topic_of_another_region(emulator: Emulator, stack: Stack) -> None:
    """It is made, changed and deleted where the topic is.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_sns_subscription_region.
    """
    sns = emulator.client("sns", region="eu-west-1")
    queue = create_queue(emulator.client("sqs"), "sns")
    arn = emulator.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    topic = sns.create_topic(Name=stack.name)["TopicArn"]
    given = {
        **{"TopicArn": topic, "Region": "eu-west-1", "Protocol": "sqs"},
        "Endpoint": arn["Attributes"]["QueueArn"],
    }
    for raw in ({"RawMessageDelivery": True}, {}):
        made = _deploy(stack, "AWS::SNS::Subscription", **given, **raw)
        found = sns.get_subscription_attributes(SubscriptionArn=made)["Attributes"]
        assert found["RawMessageDelivery"] == str(bool(raw)).lower()

    stack.delete()

    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    sns.delete_topic(TopicArn=topic)


def test_a_queue_follows_its_template(emulator: Emulator, stack: Stack) -> None:
    """Retention, visibility and tags of a queue."""
    sqs = emulator.client("sqs")
    urls, seen = set(), []
    for properties in (
        {"MessageRetentionPeriod": 1209600, "VisibilityTimeout": 5, "Tags": _tags(a="1")},
        {"MessageRetentionPeriod": "60", "Tags": _tags(b="2")},
        {"VisibilityTimeout": 7},
    ):
        url = _deploy(stack, "AWS::SQS::Queue", **properties)
        urls.add(url)
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
        seen.append((found["MessageRetentionPeriod"], found["VisibilityTimeout"], tags))

    assert seen == [("1209600", "5", {"a": "1"}), ("60", "30", {"b": "2"}), ("345600", "7", {})]
    assert len(urls) == 1
    assert found["MaximumMessageSize"] == "1048576"


def test_a_queues_size_leaves_the_template(emulator: Emulator, stack: Stack) -> None:
    """Then it is 256 KiB, which is not the 1 MiB that a new queue has.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_queue_update.
    """
    seen: list[str] = []
    for size in ({}, {"MaximumMessageSize": 4096}, {}):
        url = _deploy(stack, "AWS::SQS::Queue", VisibilityTimeout=len(seen), **size)
        found = emulator.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        seen.append(found["Attributes"]["MaximumMessageSize"])

    assert seen == ["1048576", "4096", "262144"]


def test_a_log_groups_tags(emulator: Emulator, stack: Stack) -> None:
    """Tags of a log group are set, changed and taken away."""
    logs, seen = emulator.client("logs"), []
    for days, tags in ((1, {"a": "1", "b": "2"}), (3, {"b": "3"}), (5, {})):
        name = _deploy(stack, "AWS::Logs::LogGroup", RetentionInDays=days, Tags=_tags(**tags))
        (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        arn = group["arn"].removesuffix(":*")
        seen.append(logs.list_tags_for_resource(resourceArn=arn)["tags"])

    assert seen == [{"a": "1", "b": "2"}, {"b": "3"}, {}]


def test_an_alarms_tags_follow_its_template(emulator: Emulator, stack: Stack) -> None:
    """Tags of an alarm are set, changed and taken away."""
    cloudwatch, seen = emulator.client("cloudwatch"), []
    for threshold, tags in ((1, {"a": "1", "b": "2"}), (2, {"b": "3"}), (3, {})):
        name = _deploy(
            stack,
            "AWS::CloudWatch::Alarm",
            Namespace="Test",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=threshold,
            ComparisonOperator="GreaterThanThreshold",
            Tags=_tags(**tags),
        )
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        found = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
        seen.append((alarm["Threshold"], {tag["Key"]: tag["Value"] for tag in found}))

    assert seen == [(1.0, {"a": "1", "b": "2"}), (2.0, {"b": "3"}), (3.0, {})]


def test_a_roles_tags_and_boundary(emulator: Emulator, stack: Stack) -> None:
    """Tags and permissions boundary of a role are set, changed and taken away."""
    iam, seen = emulator.client("iam"), []
    arn = "arn:aws:iam::aws:policy/{}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    for properties in (
        {"Tags": _tags(a="1"), "PermissionsBoundary": arn.format("ReadOnlyAccess")},
        {"Tags": _tags(b="2"), "PermissionsBoundary": arn.format("PowerUserAccess")},
        {"Description": "plain"},
    ):
        name = _deploy(stack, "AWS::IAM::Role", AssumeRolePolicyDocument=trust, **properties)
        role = iam.get_role(RoleName=name)["Role"]
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        seen.append(({tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}, boundary))

    assert seen == [
        ({"a": "1"}, arn.format("ReadOnlyAccess")),
        ({"b": "2"}, arn.format("PowerUserAccess")),
        ({}, None),
    ]


def test_a_managed_policy_follows_its_template(emulator: Emulator, stack: Stack) -> None:
    """Its document, more often than IAM keeps versions, and the role that it is attached to."""
    iam = emulator.client("iam")
    roles = {"One": _ROLE, "Two": _ROLE}
    seen, arns = [], set()
    for number in range(7):
        statement = {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::b{number}",
        }
        policy = {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
                "Roles": [{"Ref": "One" if number < 6 else "Two"}],
            },
        }
        status = stack.deploy(
            {"Resources": {**roles, "It": policy}},
        )
        assert status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        arns.add(arn := stack.resource("It"))
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"][
            "Document"
        ]
        seen.append(document["Statement"][0]["Resource"])
    attached = {
        name: iam.list_attached_role_policies(RoleName=stack.resource(name))["AttachedPolicies"]
        for name in roles
    }
    assert seen == [f"arn:aws:s3:::b{number}" for number in range(7)]
    assert len(arns) == 1
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 5
    assert attached["One"] == []
    assert [policy["PolicyArn"] for policy in attached["Two"]] == [arn]
    stack.delete()
    assert arn not in [p["Arn"] for p in iam.list_policies(Scope="Local")["Policies"]]


_ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    },
}


def test_a_function_follows_its_template(emulator: Emulator, stack: Stack) -> None:
    """Configuration, storage, environment and tags of a function."""
    functions, seen = emulator.client("lambda"), []
    for properties in (
        {
            "Description": "first",
            "MemorySize": 256,
            "Timeout": 10,
            "EphemeralStorage": {"Size": 1024},
            "Environment": {"Variables": {"FLAG": True, "COUNT": 3}},
            "Tags": _tags(a="1", b="2"),
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/mine"},
        },
        {"EphemeralStorage": {"Size": 2048}, "Timeout": 20, "Tags": _tags(b="3")},
        {"Timeout": 30},
    ):
        function = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Code": {"ZipFile": "def handler(event, context): pass"},
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                **properties,
            },
        }
        stack.deploy({"Resources": {"Role": _ROLE, "It": function}})
        found = functions.get_function(FunctionName=stack.resource("It"))
        configuration = found["Configuration"]
        seen.append(
            (
                configuration["Description"],
                configuration["MemorySize"],
                configuration["Timeout"],
                configuration["EphemeralStorage"]["Size"],
                configuration.get("Environment", {}).get("Variables", {}),
                found.get("Tags", {}),
                configuration["LoggingConfig"]["LogFormat"],
            )
        )

    assert seen == [
        ("first", 256, 10, 1024, {"FLAG": "true", "COUNT": "3"}, {"a": "1", "b": "2"}, "JSON"),
        ("", 128, 20, 2048, {}, {"b": "3"}, "Text"),
        ("", 128, 30, 512, {}, {}, "Text"),
    ]


def test_a_functions_code_stays_when_another_property_changes(
    emulator: Emulator, stack: Stack
) -> None:
    """The package may be gone from its bucket by then: only a change of Code fetches it.

    AWS: CloudFormation Template Reference, AWS::Lambda::Function, Code.
    """
    s3, functions = emulator.client("s3"), emulator.client("lambda")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): pass")
    s3.create_bucket(Bucket=stack.name)
    s3.put_object(Bucket=stack.name, Key="package.zip", Body=package.getvalue())

    def deploy(**properties: Any) -> str:
        common = {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Code": {"S3Bucket": stack.name, "S3Key": "package.zip"},
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        }
        function = {"Type": "AWS::Lambda::Function", "Properties": {**common, **properties}}
        return stack.deploy({"Resources": {"Role": _ROLE, "It": function}})

    assert deploy() == "CREATE_COMPLETE"
    s3.delete_object(Bucket=stack.name, Key="package.zip")
    s3.delete_bucket(Bucket=stack.name)

    assert deploy(MemorySize=256) == "UPDATE_COMPLETE"
    assert deploy(MemorySize=256, ReservedConcurrentExecutions=1) == "UPDATE_COMPLETE"
    found = functions.get_function(FunctionName=stack.resource("It"))
    assert found["Configuration"]["MemorySize"] == 256
    assert found["Concurrency"]["ReservedConcurrentExecutions"] == 1


def test_an_api_is_renamed(emulator: Emulator, stack: Stack) -> None:
    """It stays the same API; what else changes of one is refused."""
    apis, ids = emulator.client("apigateway"), set()
    for properties in ({"Name": "one", "Description": "d"}, {"Name": "two"}):
        ids.add(_deploy(stack, "AWS::ApiGateway::RestApi", **properties))
    (identity,) = ids

    found = apis.get_rest_api(restApiId=identity)

    assert (found["name"], found.get("description", "")) == ("two", "")
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "two", "Version": "2"}}
    stack.deploy({"Resources": {"It": api}})
    assert "Changing a AWS::ApiGateway::RestApi in place is not emulated here" in stack.reasons(
        "UPDATE_FAILED"
    )


def test_a_deployment_is_described_anew(emulator: Emulator, stack: Stack) -> None:
    """It stays the same; recorded: LocalStack's tests, v4.14.0, test_update_apigateway_stage."""
    api = {"Ref": "Api"}

    def deploy(description: str) -> dict[str, Any]:
        resources = {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": stack.name}},
            "Method": {
                "Type": "AWS::ApiGateway::Method",
                "Properties": {
                    **{"RestApiId": api, "HttpMethod": "GET", "AuthorizationType": "NONE"},
                    "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                    "Integration": {"Type": "MOCK"},
                },
            },
            "Deployment": {
                "Type": "AWS::ApiGateway::Deployment",
                "DependsOn": "Method",
                "Properties": {"RestApiId": api, "Description": description},
            },
        }
        stack.deploy({"Resources": resources})
        found = emulator.client("apigateway").get_deployments(restApiId=stack.resource("Api"))
        return {one["id"]: one["description"] for one in found["items"]}

    (first,) = deploy("one").items()
    (second,) = deploy("two").items()

    assert (first[1], second) == ("one", (first[0], "two"))


def test_a_resource_policy_of_logs(emulator: Emulator, stack: Stack) -> None:
    """It is put, replaced, and deleted with the stack; one of its name is not taken over."""
    logs, name = emulator.client("logs"), f"policy-{stack.name}"

    def document(action: str) -> str:
        statement = {
            **{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}},
            **{"Action": action, "Resource": "*"},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        return json.dumps(policy, separators=(",", ":"))

    def documents() -> list[str]:
        found = logs.describe_resource_policies()["resourcePolicies"]
        return [one["policyDocument"] for one in found if one["policyName"] == name]

    seen = []
    for action in ("logs:PutLogEvents", "logs:CreateLogStream"):
        properties = {"PolicyName": name, "PolicyDocument": document(action)}
        _deploy(stack, "AWS::Logs::ResourcePolicy", **properties)
        seen += documents()
    stack.delete()

    assert seen == [document("logs:PutLogEvents"), document("logs:CreateLogStream")]
    assert documents() == []
    logs.put_resource_policy(policyName=name, policyDocument=document("logs:*"))
    try:
        resource = {"Type": "AWS::Logs::ResourcePolicy", "Properties": properties}
        assert stack.deploy({"Resources": {"It": resource}}) == "ROLLBACK_COMPLETE"
        assert documents() == [document("logs:*")]
    finally:
        logs.delete_resource_policy(policyName=name)
