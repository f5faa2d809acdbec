"""What infra/TapStack.yml guarantees and cfn-lint cannot know."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.stack.template import MAX_BODY_BYTES, Template, load_template

FUNCTIONS = ["ImageProcessor", "FailureNotifier", "BucketNotificationsFunction"]
BUCKETS = ["UploadBucket", "ProcessedBucket"]
OUTPUTS = {
    "UploadBucketName",
    "UploadBucketArn",
    "ProcessedBucketName",
    "ProcessedBucketArn",
    "NotificationTopicArn",
    "FunctionName",
    "FunctionArn",
    "LogGroupName",
    "FailureQueueUrl",
    "FailureQueueArn",
    "DashboardUrl",
}


@pytest.fixture(scope="module")
def path(project_root: Path) -> Path:
    """The template's file."""
    return project_root / "infra" / "TapStack.yml"


@pytest.fixture(scope="module")
def template(path: Path) -> Template:
    """The template as data."""
    return load_template(path)


@pytest.fixture(scope="module")
def resources(template: Template) -> dict[str, dict[str, Any]]:
    """Its resources by logical id."""
    found: dict[str, dict[str, Any]] = template["Resources"]
    return found


def of_type(resources: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of one type, by logical id."""
    return {name: r["Properties"] for name, r in resources.items() if r["Type"] == kind}


def test_cfn_lint_finds_nothing_in_any_partition(path: Path) -> None:
    """The template is valid for AWS, China and GovCloud Regions, experimental rules included."""
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    regions = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"]
    done = subprocess.run(
        [cfn_lint, "--include-experimental", "--template", path, "--regions", *regions],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_only_one_rule_is_switched_off(template: Template, project_root: Path) -> None:
    """W3002 speaks against the local Code paths that `aws cloudformation package` replaces."""
    assert template["Metadata"]["cfn-lint"]["config"] == {"ignore_checks": ["W3002"]}
    assert not [*project_root.glob(".cfnlintrc*"), *project_root.glob("infra/.cfnlintrc*")]
    assert not any("cfn-lint" in r.get("Metadata", {}) for r in template["Resources"].values())


def test_the_template_fits_into_one_request(path: Path) -> None:
    """Larger templates need a bucket of their own to be deployed from."""
    assert path.stat().st_size < MAX_BODY_BYTES


def test_nothing_is_tied_to_a_region_partition_or_account(path: Path) -> None:
    """The same file is deployed everywhere."""
    text = path.read_text()
    assert not re.search(r"arn:aws:|\b\d{12}\b|\b(us|eu|ap)-[a-z]+-\d\b", text)


@pytest.mark.parametrize("kind", ["AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"])
def test_capability_iam_suffices(resources: dict[str, Any], kind: str) -> None:
    """No IAM resource has a name of its own."""
    for properties in of_type(resources, kind).values():
        assert not {"RoleName", "ManagedPolicyName", "Path"} & set(properties)


def test_every_parameter_is_explained_and_constrained(template: Template) -> None:
    """Each has a default, a description and a constraint with words for whoever breaks it."""
    for name, parameter in template["Parameters"].items():
        assert {"Default", "Description"} <= set(parameter), name
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter), name
        if parameter["Type"] == "String":
            assert parameter["ConstraintDescription"], name


@pytest.mark.parametrize(
    ("parameter", "accepted", "refused"),
    [
        (
            "EnvironmentSuffix",
            ["dev", "a", "pr-123", "a" * 20],
            ["", "Dev", "-dev", "dev-", "a" * 21, "a_b", "a.b", "dev\n"],
        ),
        (
            "NotificationEmail",
            ["ops@example.com", "a.b+c@mail.example.co.uk"],
            ["", "ops", "ops@", "ops@example", "@example.com", "a b@example.com", "a@-x.com"],
        ),
    ],
)
def test_patterns_take_what_they_should(
    template: Template, parameter: str, accepted: list[str], refused: list[str]
) -> None:
    """A malformed suffix or email is refused before anything is made."""
    pattern = re.compile(template["Parameters"][parameter]["AllowedPattern"])
    assert [text for text in accepted if not pattern.fullmatch(text)] == []
    assert [text for text in refused if pattern.fullmatch(text)] == []


@pytest.mark.parametrize("bucket", BUCKETS)
def test_buckets_are_private_encrypted_and_versioned(
    resources: dict[str, Any], bucket: str
) -> None:
    """AES256, versions, owner enforced, and all four public access blocks."""
    properties = resources[bucket]["Properties"]
    [rule] = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert properties["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


@pytest.mark.parametrize("bucket", BUCKETS)
def test_buckets_clean_up_after_themselves(resources: dict[str, Any], bucket: str) -> None:
    """Old versions go after 30 days, unfinished uploads after 7, and never a current picture."""
    rules = {
        rule["Id"]: rule
        for rule in resources[bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    }
    assert all(rule["Status"] == "Enabled" for rule in rules.values())
    assert rules["ExpireOldVersions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rules["AbortIncompleteUploads"]["AbortIncompleteMultipartUpload"] == {
        "DaysAfterInitiation": 7
    }
    expiring = [rule.get("Prefix") for rule in rules.values() if "ExpirationInDays" in rule]
    assert expiring == (["receipts/"] if bucket == "UploadBucket" else [])


def test_everything_that_holds_data_refuses_plain_http(resources: dict[str, Any]) -> None:
    """A Deny without aws:SecureTransport covers both buckets and their objects, topic and queue."""
    denied = set()
    for kind in ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"):
        for properties in of_type(resources, kind).values():
            for statement in properties["PolicyDocument"]["Statement"]:
                if statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}:
                    assert statement["Effect"] == "Deny"
                    assert statement["Principal"] == "*"
                    found = statement["Resource"]
                    for resource in found if isinstance(found, list) else [found]:
                        denied.add(json.dumps(resource))
    assert denied == {
        '{"Fn::GetAtt": ["UploadBucket", "Arn"]}',
        '{"Fn::Sub": "${UploadBucket.Arn}/*"}',
        '{"Fn::GetAtt": ["ProcessedBucket", "Arn"]}',
        '{"Fn::Sub": "${ProcessedBucket.Arn}/*"}',
        '{"Ref": "NotificationTopic"}',
        '{"Fn::GetAtt": ["FailureQueue", "Arn"]}',
    }


def test_every_role_is_limited_to_actions_on_resources_of_this_stack(
    resources: dict[str, Any],
) -> None:
    """No action with a wildcard, no resource `*`, no managed policy, and no trust beyond Lambda."""
    for name, properties in of_type(resources, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in properties, name
        [trust] = properties["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}, name
        for policy in properties["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                for action in actions if isinstance(actions, list) else [actions]:
                    assert "*" not in action, name
                # One resource each, and an intrinsic function that names something of this stack.
                [(function, value)] = statement["Resource"].items()
                assert function in {"Ref", "Fn::GetAtt", "Fn::Sub"}, name
                named = value[0] if isinstance(value, list) else value
                assert any(logical_id in named for logical_id in resources), statement


def test_each_function_has_its_own_role_and_log_group(resources: dict[str, Any]) -> None:
    """What one function may do does not grow with another; logs are JSON and kept for 7 days."""
    functions = of_type(resources, "AWS::Lambda::Function")
    assert sorted(functions) == sorted(FUNCTIONS)
    roles = {json.dumps(properties["Role"]) for properties in functions.values()}
    groups = [properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in functions.values()]
    assert len(roles) == len(set(groups)) == len(functions)
    for properties, group in zip(functions.values(), groups, strict=True):
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"
        assert resources[group]["Properties"]["RetentionInDays"] == 7
        name = properties["FunctionName"]["Fn::Sub"]
        assert resources[group]["Properties"]["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/{name}"}


def test_each_function_has_sources_and_a_handler(
    resources: dict[str, Any], project_root: Path
) -> None:
    """`Code` names the folder under build/ that the packages of lambda/ are made in."""
    for properties in of_type(resources, "AWS::Lambda::Function").values():
        folder = properties["Code"].removeprefix("../build/")
        module, name = properties["Handler"].split(".")
        source = (project_root / "lambda" / folder / f"{module}.py").read_text()
        assert re.search(rf"^def {name}\(|^{name} = ", source, re.MULTILINE), folder


def test_only_the_upload_bucket_of_this_account_invokes_the_function(
    resources: dict[str, Any],
) -> None:
    """A bucket's ARN holds no account, so the permission needs both."""
    [permission] = of_type(resources, "AWS::Lambda::Permission").values()
    assert permission == {
        "FunctionName": {"Ref": "ImageProcessor"},
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["UploadBucket", "Arn"]},
        "SourceAccount": {"Ref": "AWS::AccountId"},
    }


def test_notifications_are_set_once_s3_may_invoke(resources: dict[str, Any]) -> None:
    """S3 tries the destination when its notifications are set."""
    notifications = resources["BucketNotifications"]
    assert notifications["DependsOn"] == "UploadInvokePermission"
    assert notifications["Properties"]["Prefix"] == "uploads/"
    assert notifications["Properties"]["Suffixes"] == [".jpg", ".jpeg", ".png"]
    timeout = resources["BucketNotificationsFunction"]["Properties"]["Timeout"]
    assert notifications["Properties"]["ServiceTimeout"] > timeout


def test_failed_events_end_at_the_notifier_and_the_queue(resources: dict[str, Any]) -> None:
    """Two retries, then the notifier; what the notifier cannot deal with goes to the queue."""
    config = resources["ImageProcessorInvokeConfig"]["Properties"]
    assert config["MaximumRetryAttempts"] == 2
    assert config["DestinationConfig"]["OnFailure"] == {
        "Destination": {"Fn::GetAtt": ["FailureNotifier", "Arn"]}
    }
    notifier = resources["FailureNotifier"]["Properties"]
    assert notifier["DeadLetterConfig"] == {"TargetArn": {"Fn::GetAtt": ["FailureQueue", "Arn"]}}
    queue = resources["FailureQueue"]["Properties"]
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queue["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize(
    ("alarm", "metric", "statistic", "threshold"),
    [
        ("ErrorAlarm", "AWS/Lambda Errors", "Sum", 5),
        ("DurationAlarm", "AWS/Lambda Duration", "Average", 45000),
        ("ThrottleAlarm", "AWS/Lambda Throttles", "Sum", 0),
        ("RejectedImagesAlarm", "TapStack ImagesRejected", "Sum", 0),
    ],
)
def test_alarms_watch_what_the_design_names(
    resources: dict[str, Any], alarm: str, metric: str, statistic: str, threshold: int
) -> None:
    """Each is above its threshold within 5 minutes, and tells the topic when it starts and ends."""
    properties = resources[alarm]["Properties"]
    assert f"{properties['Namespace']} {properties['MetricName']}" == metric
    assert properties["Statistic"] == statistic
    assert properties["Threshold"] == threshold
    assert properties["ComparisonOperator"] == "GreaterThanThreshold"
    assert (properties["Period"], properties["EvaluationPeriods"]) == (300, 1)
    assert properties["TreatMissingData"] == "notBreaching"
    assert properties["AlarmActions"] == [{"Ref": "NotificationTopic"}]
    assert properties["OKActions"] == [{"Ref": "NotificationTopic"}]


def test_rejected_images_are_counted_per_environment(resources: dict[str, Any]) -> None:
    """The alarm's dimensions are exactly those that the function's metrics are written with."""
    variables = resources["ImageProcessor"]["Properties"]["Environment"]["Variables"]
    alarm = resources["RejectedImagesAlarm"]["Properties"]
    assert alarm["Dimensions"] == [
        {"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]},
        {"Name": "function_name", "Value": {"Ref": "ImageProcessor"}},
    ]
    assert alarm["Namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]


def test_alarms_may_publish_and_nobody_elses_may(resources: dict[str, Any]) -> None:
    """CloudWatch reaches the topic for alarms of this account and Region only."""
    statements = resources["NotificationTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    [allowed] = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert allowed["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"].endswith(":alarm:*")


def test_the_dashboard_is_json_and_shows_what_the_design_names(resources: dict[str, Any]) -> None:
    """Widgets for each metric; after substitution the body parses."""
    body = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]
    shown = json.dumps([widget["properties"].get("metrics") for widget in widgets])
    for metric in (
        *("Invocations", "Errors", "Duration", "p95", "Throttles", "ConcurrentExecutions"),
        *("NumberOfObjects", "${UploadBucket}", "${ProcessedBucket}", "ImagesRejected"),
        *("NumberOfMessagesPublished", "NumberOfNotificationsDelivered"),
        "NumberOfNotificationsFailed",
    ):
        assert f'"{metric}"' in shown, metric
    alarms = [widget for widget in widgets if widget["type"] == "alarm"]
    assert len(alarms[0]["properties"]["alarms"]) == 4


def test_every_output_is_exported_under_the_stacks_name(template: Template) -> None:
    """Other stacks import `<stack>-<output>`."""
    assert set(template["Outputs"]) == OUTPUTS
    for name, output in template["Outputs"].items():
        assert output["Description"], name
        assert output["Export"] == {"Name": {"Fn::Sub": f"${{AWS::StackName}}-{name}"}}
