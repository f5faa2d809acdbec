"""Policies that AWS refuses to store, and with which words.

AWS: IAM User Guide, "Grammar of the IAM JSON policy language" and "AWS JSON policy elements:
Principal"; the words are those that people report, see iam/documents.py.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.iam import ACCOUNT, LAMBDA, bucket_of, role_of
from tests.emulator.queues import create_queue

ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
NOBODY = f"arn:aws:iam::{ACCOUNT}:role/nobody"
NO_SERVICE = {"Service": "lamda.amazonaws.com"}


@dataclass(frozen=True)
class Place:
    """Where a policy is put, and a statement that is taken there."""

    put: Callable[[str], Any]
    sound: dict[str, Any]


@pytest.fixture(scope="module")
def places(emulator: Emulator) -> Iterator[dict[str, Place]]:
    """A place for each kind of policy."""
    iam, sns, sqs = (emulator.client(one) for one in ("iam", "sns", "sqs"))
    name = f"test-{uuid.uuid4().hex[:8]}"
    trusting = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": LAMBDA}
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    with ExitStack() as ends:
        role = ends.enter_context(role_of(emulator)).rpartition("/")[2]
        bucket = ends.enter_context(bucket_of(emulator))
        url = create_queue(sqs, "sns", name=name)
        ends.callback(sqs.delete_queue, QueueUrl=url)
        queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        topic = sns.create_topic(Name=name)["TopicArn"]
        ends.callback(sns.delete_topic, TopicArn=topic)
        logs = emulator.client("logs")
        ends.callback(logs.delete_resource_policy, policyName=name)

        def make_policy(text: str) -> None:
            made = iam.create_policy(PolicyName=uuid.uuid4().hex, PolicyDocument=text)
            iam.delete_policy(PolicyArn=made["Policy"]["Arn"])

        def make_role(text: str) -> None:
            made = iam.create_role(RoleName=uuid.uuid4().hex, AssumeRolePolicyDocument=text)
            iam.delete_role(RoleName=made["Role"]["RoleName"])

        def of_role(text: str) -> Any:
            return iam.put_role_policy(RoleName=role, PolicyName="test", PolicyDocument=text)

        def of_trust(text: str) -> Any:
            return iam.update_assume_role_policy(RoleName=role, PolicyDocument=text)

        def of_bucket(text: str) -> Any:
            return emulator.client("s3").put_bucket_policy(Bucket=bucket, Policy=text)

        def of_topic(text: str) -> Any:
            named = {"AttributeName": "Policy", "AttributeValue": text}
            return sns.set_topic_attributes(TopicArn=topic, **named)

        def of_queue(text: str) -> Any:
            return sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})

        def of_logs(text: str) -> Any:
            return logs.put_resource_policy(policyName=name, policyDocument=text)

        shared = {"Effect": "Allow", "Principal": ROOT}
        events = {"Service": "events.amazonaws.com"}
        yield {
            "inline": Place(of_role, reading),
            "managed": Place(make_policy, reading),
            "trust": Place(of_trust, trusting),
            "new role": Place(make_role, trusting),
            "bucket": Place(
                of_bucket,
                {**shared, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"},
            ),
            "topic": Place(of_topic, {**shared, "Action": "sns:Publish", "Resource": topic}),
            "queue": Place(of_queue, {**shared, "Action": "sqs:SendMessage", "Resource": queue}),
            "logs": Place(
                of_logs,
                {**reading, "Action": "logs:PutLogEvents", "Principal": events},
            ),
        }


ALL = ("inline", "managed", "trust", "new role", "bucket", "topic", "queue", "logs")
IDENTITIES, TRUST, RESOURCES = ALL[:2], ALL[2:4], ALL[4:]
CODES = {
    **dict.fromkeys(ALL[:4], "MalformedPolicyDocument"),
    "bucket": "MalformedPolicy",
    "topic": "InvalidParameter",
    "queue": "InvalidAttributeValue",
    "logs": "InvalidParameterException",
}


def changed(**fields: Any) -> Callable[[dict[str, Any]], list[Any]]:
    """The sound statement with other fields; None takes one away."""

    def change(sound: dict[str, Any]) -> list[Any]:
        merged = {**sound, **fields}
        return [{key: value for key, value in merged.items() if value is not None}]

    return change


def twice(sound: dict[str, Any]) -> list[Any]:
    return [{**sound, "Sid": "A"}, {**sound, "Sid": "A"}]


@pytest.mark.parametrize(
    ("wrong", "where", "words"),
    [
        (lambda _: [], ALL, {"bucket": "Could not parse the policy: Statement is empty!"}),
        (changed(Effect=None), ALL, {"bucket": "Missing required field Effect"}),
        (changed(Effect="allow"), ALL, {}),
        (changed(Action=None), ALL, {}),
        (changed(Action="GetObject"), ALL, {}),
        (changed(NotAction="s3:PutObject"), ALL, {}),
        (changed(Nope=1), ALL, {}),
        (twice, ALL, {}),
        (changed(Sid="a b"), ALL[:4], {"inline": "Statement IDs (SID) must be alpha-numeric."}),
        (
            changed(Principal=ROOT),
            IDENTITIES,
            dict.fromkeys(IDENTITIES, "Policy document should not specify a principal."),
        ),
        (changed(NotPrincipal=ROOT), (*IDENTITIES, *TRUST), {}),
        (changed(Principal=None), (*TRUST, *RESOURCES), {}),
        (changed(Principal={"Nope": "x"}), (*TRUST, *RESOURCES), {}),
        (changed(Principal="*"), TRUST, {}),
        (changed(Resource="*"), TRUST, dict.fromkeys(TRUST, "Has prohibited field Resource")),
        (changed(Action="s3:GetObject"), TRUST, {}),
        (changed(Resource=None), (*IDENTITIES, *RESOURCES), {}),
        (changed(Resource="bucket/*"), (*IDENTITIES, "bucket", "topic"), {}),
        (
            changed(Principal=NO_SERVICE),
            (*TRUST, "bucket", "topic", "queue"),
            {"trust": 'Invalid principal in policy: "SERVICE":"lamda.amazonaws.com"'},
        ),
        (
            changed(Principal={"AWS": NOBODY}),
            (*TRUST, "bucket", "topic", "queue"),
            {
                "trust": f'Invalid principal in policy: "AWS":"{NOBODY}"',
                "bucket": "Invalid principal in policy",
                "topic": "Invalid parameter: Policy Error: PrincipalNotFound",
                "queue": "Invalid value for the parameter Policy.",
            },
        ),
        (changed(Principal={"AWS": "nobody"}), (*TRUST, "bucket", "topic", "queue"), {}),
        (
            changed(Resource="arn:aws:s3:::another/*"),
            ("bucket",),
            {"bucket": "Policy has invalid resource"},
        ),
        (changed(Action="s3:Nope"), ("bucket",), {"bucket": "Policy has invalid action"}),
        (
            changed(Action="sns:*"),
            ("topic",),
            {"topic": "Invalid parameter: Policy statement action out of service scope!"},
        ),
        (
            changed(Resource=["arn:aws:sns:*:*:a", "arn:aws:sns:*:*:b"]),
            ("topic",),
            {"topic": "Invalid parameter: Policy statement must apply to a single resource!"},
        ),
    ],
)
def test_a_policy_that_aws_refuses_is_not_stored(
    places: dict[str, Place],
    wrong: Callable[[dict[str, Any]], list[Any]],
    where: tuple[str, ...],
    words: dict[str, str],
) -> None:
    """Each with the code of its service; the words where they are known."""
    for name in where:
        place = places[name]
        place.put(json.dumps({"Version": "2012-10-17", "Statement": [place.sound]}))
        with pytest.raises(ClientError) as refused:
            place.put(json.dumps({"Version": "2012-10-17", "Statement": wrong(place.sound)}))
        error = refused.value.response["Error"]
        assert error["Code"] == CODES[name], name
        assert error["Message"].startswith(words.get(name, "")), name


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "*"},
        {"AWS": ["111122223333", "arn:aws:iam::111122223333:role/theirs"]},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/any/session"},
        {"Service": ["logs.us-east-1.amazonaws.com", "edgelambda.amazonaws.com"]},
        {"Service": ["pods.eks.amazonaws.com", "states.amazonaws.com.cn", "alexa.amazon.com"]},
        {"Federated": "cognito-identity.amazonaws.com"},
    ],
)
def test_a_principal_that_there_may_be_is_taken(places: dict[str, Place], principal: Any) -> None:
    """Of other accounts nothing is known, and services have names of several parts."""
    for name in TRUST:
        statement = {**places[name].sound, "Principal": principal}
        places[name].put(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize("principal", [NOBODY, NO_SERVICE["Service"], "nobody"])
def test_a_function_permits_nobody_who_is_not_there(emulator: Emulator, principal: str) -> None:
    """Neither a role, nor a service, nor anything else."""
    with (
        role_for(emulator) as role,
        function_of(emulator, zipped("def handler(*_): pass"), role) as function,
        pytest.raises(ClientError, match="The provided principal was invalid") as refused,
    ):
        emulator.client("lambda").add_permission(
            FunctionName=function,
            StatementId="a",
            Action="lambda:InvokeFunction",
            Principal=principal,
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
