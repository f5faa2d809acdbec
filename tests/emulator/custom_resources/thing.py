"""A stack with one custom resource, and the function behind it."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.emulator.conftest import Emulator
from tests.emulator.functions import settled
from tests.emulator.stacks import Stack

# Tells the queue what it was asked, then does what the properties say: `Answer` replaces fields of
# the response, `FailOn` and `SilentOn` name request types, `Repeat` answers more than once.
FUNCTION = """
import json
import urllib.request

import boto3

def handler(event, context):
    properties = event["ResourceProperties"]
    kind = event["RequestType"]
    told = boto3.client("sqs")
    told.send_message(QueueUrl=properties["Queue"], MessageBody=json.dumps(event))
    if kind in properties.get("SilentOn", []):
        return
    answer = {
        "Status": "FAILED" if kind in properties.get("FailOn", []) else "SUCCESS",
        "Reason": "because I say so",
        "PhysicalResourceId": event.get("PhysicalResourceId", "thing-1"),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        **(json.loads(properties.get("Answer", "{}")) if kind != "Delete" else {}),
    }
    body = properties.get("Body", json.dumps(answer)).encode() if kind != "Delete" else b""
    body = body or json.dumps(answer).encode()
    content_type = properties.get("ContentType", "") if kind == "Create" else ""
    request = urllib.request.Request(
        event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": content_type}
    )
    urllib.request.urlopen(request).read()
"""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
MAY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "sqs:SendMessage",
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
            ],
            "Resource": "*",
        }
    ],
}


@contextmanager
def function_of(emulator: Emulator, code: str) -> Iterator[str]:
    iam, functions = emulator.client("iam"), emulator.client("lambda")
    name = f"test-{uuid.uuid4().hex}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=json.dumps(MAY))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("function.py", code)
    created = functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="function.handler",
        Role=role["Arn"],
        Code={"ZipFile": package.getvalue()},
        Timeout=30,
    )
    settled(emulator, name)
    yield created["FunctionArn"]
    functions.delete_function(FunctionName=name)
    iam.delete_role_policy(RoleName=name, PolicyName="may")
    iam.delete_role(RoleName=name)


@dataclass
class Thing:
    """A stack with one custom resource, and what its function was asked."""

    stack: Stack
    sqs: Any
    queue: str
    token: str

    def resource(self, *, type_: str = "Custom::Thing", **properties: Any) -> dict[str, Any]:
        return {
            "Type": type_,
            "Properties": {"ServiceToken": self.token, "Queue": self.queue, **properties},
        }

    def deploy(self, *, type_: str = "Custom::Thing", **properties: Any) -> str:
        resource = self.resource(type_=type_, **properties)
        return self.stack.deploy(
            {
                "Resources": {"Thing": resource},
                "Outputs": {
                    "Ref": {"Value": {"Ref": "Thing"}},
                    "Colour": {"Value": {"Fn::GetAtt": ["Thing", "Colour"]}},
                    "Count": {"Value": {"Fn::GetAtt": ["Thing", "Count"]}},
                },
            }
            if "Answer" in properties
            else {"Resources": {"Thing": resource}}
        )

    def requests(self) -> list[dict[str, Any]]:
        """Return what the function has been asked since the last call, in order."""
        asked: list[dict[str, Any]] = []
        while received := self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, AttributeNames=["SentTimestamp"]
        ).get("Messages"):
            for message in received:
                body = json.loads(message["Body"])
                asked.append({**body, "At": int(message["Attributes"]["SentTimestamp"])})
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(asked, key=lambda request: request["At"])

    def kinds(self) -> list[str]:
        return [request["RequestType"] for request in self.requests()]
