"""IAM, STS and signatures."""

from typing import Any

from tests.conformance.scenario import Call, Scenario, Text


def _trust(service: str) -> Text:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return Text({"Version": "2012-10-17", "Statement": [statement]})


def _role(document: Any) -> Call:
    return Call("iam", "create_role", {"RoleName": "$name", "AssumeRolePolicyDocument": document})


def _put(document: Any) -> Call:
    return Call(
        "iam",
        "put_role_policy",
        {"RoleName": "$name", "PolicyName": "p", "PolicyDocument": document},
    )


def _allow(**change: Any) -> Text:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **change}
    return Text({"Version": "2012-10-17", "Statement": [statement]})


_NO_POLICY = Call("iam", "delete_role_policy", {"RoleName": "$name", "PolicyName": "p"})
_NO_ROLE = Call("iam", "delete_role", {"RoleName": "$name"})

SCENARIOS = (
    Scenario(
        "iam-ill-formed-policies",
        ("72",),
        (
            _role("{"),
            _role(_trust("nobody.amazonaws.com")),
            _role(_trust("lambda.amazonaws.com")),
            _put("{"),
            _put(_allow(Effect="Perhaps")),
            _put(_allow(Action="GetObject")),
            _put(_allow(Resource="everything")),
            _put(_allow(Principal="*")),
            _put(Text({"Version": "2012-10-18", "Statement": []})),
            _put(_allow()),
        ),
        (_NO_POLICY, _NO_ROLE),
    ),
    Scenario(
        "iam-made-once",
        ("73b",),
        (
            _role(_trust("lambda.amazonaws.com")),
            _role(_trust("lambda.amazonaws.com")),
            _put(_allow()),
            _NO_ROLE,
            Call("iam", "get_role", {"RoleName": "$name-no"}),
            Call("iam", "get_role_policy", {"RoleName": "$name", "PolicyName": "no"}),
            Call(
                "iam",
                "attach_role_policy",
                {"RoleName": "$name", "PolicyArn": "arn:aws:iam::aws:policy/Nothing"},
            ),
        ),
        (_NO_POLICY, _NO_ROLE),
    ),
    Scenario(
        "iam-limits",
        ("115e",),
        (
            Call(
                "iam",
                "create_role",
                {
                    "RoleName": "r" * 65,
                    "AssumeRolePolicyDocument": _trust("lambda.amazonaws.com"),
                },
            ),
            Call(
                "iam",
                "create_role",
                {
                    "RoleName": "$name",
                    "AssumeRolePolicyDocument": _trust("lambda.amazonaws.com"),
                    "MaxSessionDuration": 60,
                },
            ),
            Call(
                "iam",
                "create_role",
                {
                    "RoleName": "no spaces",
                    "AssumeRolePolicyDocument": _trust("lambda.amazonaws.com"),
                },
            ),
        ),
    ),
    Scenario(
        "sts-sessions",
        ("67",),
        (
            _role(_trust("lambda.amazonaws.com")),
            *(
                Call("sts", "assume_role", request)
                for request in (
                    {"RoleArn": "arn:aws:iam::$account:role/$name", "RoleSessionName": "session"},
                    {
                        "RoleArn": "arn:aws:iam::$account:role/$name-no",
                        "RoleSessionName": "session",
                    },
                    {"RoleArn": "arn:aws:iam::$account:role/$name", "RoleSessionName": "no spaces"},
                    {
                        "RoleArn": "arn:aws:iam::$account:role/$name",
                        "RoleSessionName": "session",
                        "DurationSeconds": 60,
                    },
                )
            ),
        ),
        (_NO_ROLE,),
    ),
    Scenario(
        "unknown-keys",
        ("55a",),
        (
            Call("sts", "get_caller_identity", credentials="unknown key"),
            Call("s3", "list_buckets", credentials="unknown key"),
            Call("sqs", "list_queues", credentials="unknown key"),
            Call("sns", "list_topics", credentials="unknown key"),
            Call("lambda", "list_functions", credentials="unknown key"),
            Call("logs", "describe_log_groups", credentials="unknown key"),
            Call("cloudformation", "describe_stacks", credentials="unknown key"),
        ),
    ),
    Scenario(
        "wrong-signatures",
        ("55b",),
        (
            Call("sts", "get_caller_identity", credentials="wrong secret"),
            Call("s3", "list_buckets", credentials="wrong secret"),
            Call("sqs", "list_queues", credentials="wrong secret"),
            Call("lambda", "list_functions", credentials="wrong secret"),
        ),
    ),
)
