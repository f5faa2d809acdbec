"""Another account, its root included, has of this account's what a resource's policy gives it.

AWS: IAM User Guide, "Cross-account policy evaluation logic".
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.iam import ACCOUNT, allow, bucket_of, document

OTHER = "222222222222"
HANDLER = zipped("def handler(event, context):\n    return event\n")
REFUSED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}


@pytest.fixture(scope="module")
def function(emulator: Emulator) -> Iterator[str]:
    with role_for(emulator) as role, function_of(emulator, HANDLER, role) as arn:
        yield arn


@pytest.fixture(scope="module")
def key(emulator: Emulator) -> str:
    return str(emulator.client("kms").create_key()["KeyMetadata"]["Arn"])


def other(emulator: Emulator, service: str) -> Any:
    """A client of the root of another account."""
    return emulator.client(service, key=OTHER)


def refused(call: Any, **parameters: Any) -> bool:
    """Whether a call is denied; any other error is raised."""
    try:
        call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        return True
    return False


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("invoke", {}),
        ("get_function", {}),
        ("update_function_configuration", {"Timeout": 4}),
        ("update_function_code", {"ZipFile": HANDLER}),
        ("delete_function", {}),
        ("get_policy", {}),
        ("create_event_source_mapping", {"EventSourceArn": f"arn:aws:sqs:us-east-1:{OTHER}:q"}),
        ("put_function_event_invoke_config", {"MaximumRetryAttempts": 0}),
    ],
)
def test_another_accounts_root_may_do_nothing_with_a_function(
    emulator: Emulator, function: str, operation: str, parameters: dict[str, Any]
) -> None:
    call, name = getattr(other(emulator, "lambda"), operation), function.rpartition(":")[2]
    for written in (function, f"{ACCOUNT}:function:{name}", f"{ACCOUNT}:{name}"):
        assert refused(call, FunctionName=written, **parameters), written


def test_tags_of_a_function_are_its_accounts(emulator: Emulator, function: str) -> None:
    """The ARN is in a parameter that is not called as the resource is."""
    functions = other(emulator, "lambda")
    assert refused(functions.tag_resource, Resource=function, Tags={"of": "others"})
    assert refused(functions.list_tags, Resource=function)


def test_a_functions_policy_lets_another_account_in(emulator: Emulator, function: str) -> None:
    emulator.client("lambda").add_permission(
        FunctionName=function,
        StatementId="other",
        Action="lambda:InvokeFunction",
        Principal=OTHER,
    )
    functions = other(emulator, "lambda")
    try:
        answer = functions.invoke(FunctionName=function, Payload=b'"ours"')
        assert json.load(answer["Payload"]) == "ours"
        assert refused(functions.get_function, FunctionName=function)
    finally:
        emulator.client("lambda").remove_permission(FunctionName=function, StatementId="other")


def test_a_key_needs_a_policy_for_another_account(emulator: Emulator, key: str) -> None:
    """AWS: KMS Developer Guide, "Allowing users in other accounts to use a KMS key"."""
    ours, theirs = emulator.client("kms"), other(emulator, "kms")
    assert refused(theirs.encrypt, KeyId=key, Plaintext=b"x")
    assert refused(theirs.describe_key, KeyId=key)
    assert refused(theirs.schedule_key_deletion, KeyId=key)
    policy = document(
        allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Sid="ours"),
        allow("kms:Encrypt", Principal={"AWS": f"arn:aws:iam::{OTHER}:root"}, Sid="theirs"),
    )
    ours.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
    sealed = theirs.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert ours.decrypt(KeyId=key, CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert refused(theirs.decrypt, KeyId=key, CiphertextBlob=sealed)


def test_a_secret_needs_a_policy_for_another_account(emulator: Emulator, key: str) -> None:
    """AWS: Secrets Manager User Guide, "Access … from a different account"."""
    ours, theirs = emulator.client("secretsmanager"), other(emulator, "secretsmanager")
    name = f"s-{uuid.uuid4().hex[:8]}"  # with a key of its own, as one for another account needs
    arn = ours.create_secret(Name=name, SecretString="hush", KmsKeyId=key)["ARN"]
    assert refused(theirs.get_secret_value, SecretId=arn)
    assert refused(theirs.delete_secret, SecretId=arn)
    policy = document(allow("secretsmanager:GetSecretValue", Principal={"AWS": OTHER}))
    ours.put_resource_policy(SecretId=arn, ResourcePolicy=policy)
    assert theirs.get_secret_value(SecretId=arn)["SecretString"] == "hush"
    assert refused(theirs.delete_secret, SecretId=arn)


def test_a_bus_of_another_account_takes_no_events(emulator: Emulator) -> None:
    """Each entry names its bus; one that is the account's own does not let another in."""
    entry = {"Source": "s", "DetailType": "t", "Detail": "{}"}
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    entries = [entry, {**entry, "EventBusName": bus}]
    assert refused(other(emulator, "events").put_events, Entries=entries)
    assert not refused(other(emulator, "events").put_events, Entries=[entry])


def test_a_queues_url_names_one_queue(emulator: Emulator) -> None:
    """What stands behind the path of a URL does not make it a queue of the caller's."""
    ours = emulator.client("sqs").create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    theirs = other(emulator, "sqs")
    theirs.create_queue(QueueName="mine")
    for url in (ours, f"{ours}/", f"{ours}?/{OTHER}/mine", f"{ours}#/{OTHER}/mine", f"{ours};x"):
        assert refused(theirs.receive_message, QueueUrl=url), url
        assert refused(theirs.delete_queue, QueueUrl=url), url
    assert emulator.client("sqs").receive_message(QueueUrl=f"{ours}/")


def test_the_policy_of_a_bucket_is_its_owners(emulator: Emulator) -> None:
    """Root gets back into a bucket of its own, and into no other."""
    with bucket_of(emulator) as bucket:
        theirs = other(emulator, "s3")
        policy = document(allow("s3:*", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": OTHER}))
        assert refused(theirs.put_bucket_policy, Bucket=bucket, Policy=policy)
        assert refused(theirs.get_bucket_policy, Bucket=bucket)
        assert refused(theirs.delete_bucket_policy, Bucket=bucket)


def test_a_stack_is_its_accounts(emulator: Emulator) -> None:
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    ours, name = emulator.client("cloudformation"), f"stack-{uuid.uuid4().hex[:8]}"
    stack = ours.create_stack(StackName=name, TemplateBody=template)["StackId"]
    ours.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    theirs = other(emulator, "cloudformation")
    assert refused(theirs.describe_stacks, StackName=stack)
    assert refused(theirs.get_template, StackName=stack)
    assert refused(theirs.delete_stack, StackName=stack)
    ours.delete_stack(StackName=name)


def test_a_role_cannot_be_passed_to_another_account(emulator: Emulator) -> None:
    with role_for(emulator) as role:
        assert refused(
            other(emulator, "lambda").create_function,
            FunctionName="f",
            Role=role,
            Runtime="python3.13",
            Handler="handler.handler",
            Code={"ZipFile": HANDLER},
        )
