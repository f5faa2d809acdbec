"""CloudFormation."""

from typing import Any

from tests.conformance.scenario import Call, Scenario, Text

_TOPIC = {"Type": "AWS::SNS::Topic"}
_NO_STACK = Call("cloudformation", "delete_stack", {"StackName": "$name"})
_GONE = Call(
    "cloudformation",
    "describe_stacks",
    {"StackName": "$stack"},
    keep="Stacks[].StackStatus",
    until="ends_with(Stacks[0].StackStatus, '_IN_PROGRESS') == `false`",
)
_SETTLED = _GONE


def _template(resources: Any, **more: Any) -> Text:
    return Text({"Resources": resources, **more})


def _create(resources: Any, *, template: dict[str, Any] | None = None, **request: Any) -> Call:
    return Call(
        "cloudformation",
        "create_stack",
        {"StackName": "$name", "TemplateBody": _template(resources, **template or {}), **request},
        save={"stack": "StackId"},
    )


def _update(resources: Any, **request: Any) -> Call:
    return Call(
        "cloudformation",
        "update_stack",
        {"StackName": "$name", "TemplateBody": _template(resources), **request},
    )


def _refused(resources: Any, **template: Any) -> Call:
    return Call(
        "cloudformation",
        "create_stack",
        {"StackName": "$name", "TemplateBody": _template(resources, **template)},
    )


def _validated(body: Any) -> Call:
    return Call("cloudformation", "validate_template", {"TemplateBody": body})


_EVENTS = Call(
    "cloudformation",
    "describe_stack_events",
    {"StackName": "$stack"},
    keep="reverse(StackEvents)[].[LogicalResourceId, ResourceStatus, ResourceStatusReason]",
)
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
_CONDITIONAL = {"Never": {"Fn::Equals": ["a", "b"]}}

SCENARIOS = (
    Scenario(
        "cloudformation-templates-refused",
        ("1", "6", "21", "33a", "33c", "33e", "63"),
        (
            _refused(
                {
                    "A": {**_TOPIC, "Properties": {"DisplayName": {"Ref": "B"}}},
                    "B": {**_TOPIC, "Properties": {"DisplayName": {"Ref": "A"}}},
                }
            ),
            _refused({"A": _TOPIC}, Outputs={"O": {"Value": {"Fn::GetAtt": ["A", "Nothing"]}}}),
            _refused({"A": _TOPIC}, Outputs={"O": {"Value": {"Fn::GetAtt": ["B", "Arn"]}}}),
            _refused({"A": {**_TOPIC, "Properties": {"DisplayName": {"Ref": "Nowhere"}}}}),
            _refused({"A": {"Type": "AWS::Nothing::Here"}}),
            _refused({"A": _TOPIC}, Sources={}),
            _refused({"A": {**_TOPIC, "Nothing": 1}}),
            _refused({}),
            _refused({"A": _ROLE}),
            _refused(
                {"A": _TOPIC},
                Parameters={"P": {"Type": "String"}},
            ),
            _refused(
                {"A": _TOPIC},
                Parameters={"P": {"Type": "String", "AllowedValues": ["a"], "Default": "b"}},
            ),
            Call(
                "cloudformation",
                "create_stack",
                {
                    "StackName": "$name",
                    "TemplateBody": _template({"A": _TOPIC}),
                    "Parameters": [{"ParameterKey": "No", "ParameterValue": "x"}],
                },
            ),
            _refused(
                {"A": {**_TOPIC, "Condition": "Never"}, "B": _TOPIC},
                Conditions=_CONDITIONAL,
                Outputs={"O": {"Value": {"Ref": "A"}}},
            ),
            _validated("not a template"),
            _validated("{"),
            _validated("- a\n- b\n"),
            Call(
                "cloudformation",
                "create_stack",
                {"StackName": "$name", "TemplateBody": " " * 51_201},
            ),
            Call(
                "cloudformation",
                "create_stack",
                {"StackName": "no spaces", "TemplateBody": _template({"A": _TOPIC})},
            ),
        ),
    ),
    Scenario(
        "cloudformation-validation",
        ("33b", "33f"),
        (
            _create({"A": {**_TOPIC, "Properties": {"DisplayNam": "x"}}, "B": _TOPIC}),
            _SETTLED,
            _EVENTS,
            Call(
                "cloudformation",
                "describe_events",
                {"StackName": "$stack"},
                keep="OperationEvents[].[EventType, OperationType, OperationStatus, "
                "LogicalResourceId, ResourceStatus, ValidationName, ValidationPath, "
                "ValidationStatusReason]",
            ),
        ),
        (_NO_STACK,),
    ),
    Scenario(
        "cloudformation-change-sets-validated",
        ("33f", "39f"),
        (
            Call(
                "cloudformation",
                "create_change_set",
                {
                    "StackName": "$name",
                    "ChangeSetName": "wrong",
                    "ChangeSetType": "CREATE",
                    "TemplateBody": _template({"A": {**_TOPIC, "Properties": {"DisplayNam": "x"}}}),
                },
                save={"changeset": "Id", "stack": "StackId"},
            ),
            Call(
                "cloudformation",
                "describe_change_set",
                {"ChangeSetName": "$changeset"},
                keep="[Status, ExecutionStatus, StatusReason]",
                until="Status == 'FAILED'",
            ),
            Call("cloudformation", "execute_change_set", {"ChangeSetName": "$changeset"}),
        ),
        (_NO_STACK,),
    ),
    Scenario(
        "cloudformation-lifecycle",
        ("18", "25", "37", "38a", "39a", "60", "62"),
        (
            _create(
                {"A": {**_TOPIC, "Properties": {"DisplayName": {"Fn::Sub": "${!Literal}"}}}},
                EnableTerminationProtection=True,
                Tags=[{"Key": "stage", "Value": "test"}],
                template={"Outputs": {"Topic": {"Value": {"Ref": "A"}}}},
            ),
            _SETTLED,
            Call(
                "cloudformation",
                "describe_stacks",
                {"StackName": "$name"},
                save={"topic": "Stacks[0].Outputs[0].OutputValue"},
            ),
            Call(
                "sns",
                "get_topic_attributes",
                {"TopicArn": "$topic"},
                keep="Attributes.DisplayName",
            ),
            Call(
                "sns",
                "list_tags_for_resource",
                {"ResourceArn": "$topic"},
                keep="Tags[?starts_with(Key, 'aws:') == `false`]",
            ),
            _NO_STACK,
            _create({"A": _TOPIC}),
            Call("cloudformation", "continue_update_rollback", {"StackName": "$name"}),
            Call(
                "cloudformation",
                "update_stack",
                {
                    "StackName": "$name",
                    "UsePreviousTemplate": True,
                    "Tags": [{"Key": "stage", "Value": "test"}],
                },
            ),
            _update({"A": _TOPIC, "B": _TOPIC}),
            _SETTLED,
            Call(
                "sns",
                "get_topic_attributes",
                {"TopicArn": "$topic"},
                keep="Attributes.DisplayName",
            ),
            Call(
                "cloudformation",
                "update_termination_protection",
                {"StackName": "$name", "EnableTerminationProtection": False},
            ),
            _NO_STACK,
            _GONE,
            Call("cloudformation", "describe_stacks", {"StackName": "$name"}),
            _EVENTS,
        ),
        (
            Call(
                "cloudformation",
                "update_termination_protection",
                {"StackName": "$name", "EnableTerminationProtection": False},
            ),
            _NO_STACK,
        ),
    ),
    Scenario(
        "cloudformation-failed-creation",
        ("3", "4b"),
        (
            _create(
                {
                    "Topic": _TOPIC,
                    "Permission": {  # for a function that is not there: validation does not look
                        "Type": "AWS::Lambda::Permission",
                        "DependsOn": "Topic",
                        "Properties": {
                            "FunctionName": "$name",
                            "Action": "lambda:InvokeFunction",
                            "Principal": "s3.amazonaws.com",
                        },
                    },
                }
            ),
            _SETTLED,
            _EVENTS,
            _update({"Topic": _TOPIC}),
        ),
        (_NO_STACK,),
    ),
    Scenario(
        "cloudformation-failed-update",
        ("2", "20a", "115h"),
        (
            _create(
                {
                    "Group": {
                        "Type": "AWS::Logs::LogGroup",
                        "Properties": {"LogGroupName": "$name", "RetentionInDays": 7},
                    }
                }
            ),
            _SETTLED,
            _update(
                {
                    "Group": {
                        "Type": "AWS::Logs::LogGroup",
                        "Properties": {"LogGroupName": "$name", "RetentionInDays": 14},
                    },
                    "Board": {
                        "Type": "AWS::CloudWatch::Dashboard",
                        "DependsOn": "Group",
                        "Properties": {"DashboardName": "$name", "DashboardBody": "{"},
                    },
                }
            ),
            _SETTLED,
            Call(
                "logs",
                "describe_log_groups",
                {"logGroupNamePrefix": "$name"},
                keep="logGroups[].retentionInDays",
            ),
            _EVENTS,
        ),
        (_NO_STACK,),
    ),
    Scenario(
        "cloudformation-buckets-that-hold-something",
        ("4a", "59"),
        (
            _create(
                {
                    "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "$name"}},
                    "Kept": {
                        "Type": "AWS::SNS::Topic",
                        "DeletionPolicy": "Retain",
                        "Properties": {"TopicName": "$name-kept"},
                    },
                }
            ),
            _SETTLED,
            Call("s3", "put_object", {"Bucket": "$name", "Key": "k", "Body": b"x"}),
            _NO_STACK,
            _SETTLED,
            Call("s3", "delete_object", {"Bucket": "$name", "Key": "k"}),
            _NO_STACK,
            _GONE,
            Call(
                "sns",
                "get_topic_attributes",
                {"TopicArn": "arn:aws:sns:$region:$account:$name-kept"},
                keep="Attributes.TopicArn",
            ),
        ),
        (
            Call("s3", "delete_object", {"Bucket": "$name", "Key": "k"}),
            _NO_STACK,
            Call("sns", "delete_topic", {"TopicArn": "arn:aws:sns:$region:$account:$name-kept"}),
        ),
    ),
    Scenario(
        "cloudformation-imports",
        ("36",),
        (
            _create(
                {
                    "A": {
                        **_TOPIC,
                        "Properties": {"DisplayName": {"Fn::ImportValue": "$name-no"}},
                    }
                }
            ),
            _SETTLED,
            _EVENTS,
        ),
        (_NO_STACK,),
    ),
    Scenario(
        "cloudformation-exports",
        ("36",),
        (
            _create(
                {"A": _TOPIC},
                template={"Outputs": {"O": {"Value": "x", "Export": {"Name": "no spaces"}}}},
            ),
            _SETTLED,
            _EVENTS,
        ),
        (_NO_STACK,),
    ),
    Scenario(
        "cloudformation-repeated-requests",
        ("39e", "73b"),
        (
            _create({"A": _TOPIC}, ClientRequestToken="one"),
            _SETTLED,
            _create({"A": _TOPIC}, ClientRequestToken="one"),
            _create({"A": _TOPIC}, ClientRequestToken="two"),
            _create({"A": _TOPIC}),
        ),
        (_NO_STACK,),
    ),
)
