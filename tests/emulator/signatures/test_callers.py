"""Nobody is believed who cannot prove it."""

import json
import uuid
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.evidence.iam import verifies_signatures
from harness.targets.target import Target
from tests.emulator.conftest import REGION, Emulator, StartEmulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.iam import allow, session_of
from tests.emulator.signatures.calls import client, code_of, http

CALLS = {
    "cloudformation": "list_stacks",
    "cloudwatch": "list_metrics",
    "iam": "list_roles",
    "lambda": "list_functions",
    "logs": "describe_log_groups",
    "s3": "list_buckets",
    "sns": "list_topics",
    "sqs": "list_queues",
    "sts": "get_caller_identity",
}


@pytest.mark.parametrize(
    ("service", "unknown", "wrong"),
    [
        ("cloudformation", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("cloudwatch", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("iam", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("lambda", ("UnrecognizedClientException", 403), ("InvalidSignatureException", 403)),
        ("logs", ("UnrecognizedClientException", 400), ("InvalidSignatureException", 400)),
        ("s3", ("InvalidAccessKeyId", 403), ("SignatureDoesNotMatch", 403)),
        ("sns", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("sqs", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
        ("sts", ("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403)),
    ],
)
def test_a_key_that_nobody_issued_and_a_wrong_secret_are_refused(
    emulator: Emulator, service: str, unknown: tuple[str, int], wrong: tuple[str, int]
) -> None:
    """AWS: "Common errors" in the API reference of each service; S3: "Error responses"."""
    call = CALLS[service]
    stranger = emulator.client(service, key="AKIAIOSFODNN7EXAMPLE")
    impostor = emulator.client(service, secret="guessed")
    assert code_of(getattr(stranger, call)) == unknown
    assert code_of(getattr(impostor, call)) == wrong
    assert code_of(getattr(emulator.client(service), call)) == ("", 200)


@pytest.mark.parametrize(
    ("service", "seen"),
    [
        ("iam", ("MissingAuthenticationToken", 403)),
        ("lambda", ("MissingAuthenticationTokenException", 403)),
        ("logs", ("MissingAuthenticationTokenException", 400)),
        ("sns", ("MissingAuthenticationToken", 403)),
        ("sqs", ("AccessDenied", 403)),
    ],
)
def test_without_a_signature_a_request_is_anonymous(
    emulator: Emulator, service: str, seen: tuple[str, int]
) -> None:
    """AWS: "Common errors" in the API reference of each service."""
    nobody = client(emulator, service, signature_version=UNSIGNED)
    assert code_of(getattr(nobody, CALLS[service])) == seen


def test_twelve_digits_are_the_key_of_that_accounts_root(emulator: Emulator) -> None:
    """What LocalStack's users have for other accounts stays; its secret is `test`, too."""
    other = emulator.client("sts", key="111122223333")
    assert other.get_caller_identity()["Account"] == "111122223333"
    guessed = emulator.client("sts", key="111122223333", secret="guessed")
    assert code_of(guessed.get_caller_identity) == ("SignatureDoesNotMatch", 403)


def test_a_deleted_and_an_inactive_key_are_none(emulator: Emulator) -> None:
    """AWS: IAM API Reference, UpdateAccessKey: "the key cannot be used for API calls"."""
    iam, name = emulator.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    of_user = {"UserName": name, "AccessKeyId": key["AccessKeyId"]}
    call = client(emulator, "sts", key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity
    assert code_of(call) == ("", 200)
    iam.update_access_key(**of_user, Status="Inactive")
    assert code_of(call) == ("InvalidClientTokenId", 403)
    iam.update_access_key(**of_user, Status="Active")
    assert code_of(call) == ("", 200)
    iam.delete_access_key(**of_user)
    assert code_of(call) == ("InvalidClientTokenId", 403)
    iam.delete_user(UserName=name)


def test_a_session_has_its_own_token(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 API Reference, "Error responses": InvalidToken; IAM User Guide, "Use temporary
    credentials with AWS resources"."""
    with session_of(emulator, allow("s3:ListBucket")) as (_, of_session):
        credentials = of_session("s3")._request_signer._credentials
        key, secret = credentials.access_key, credentials.secret_key
        listing = {"Bucket": bucket}
        assert code_of(of_session("s3").list_objects_v2, **listing) == ("", 200)
        without = client(emulator, "s3", key, secret)
        assert code_of(without.list_objects_v2, **listing) == ("InvalidAccessKeyId", 403)
        another = client(emulator, "s3", key, secret, "token")
        assert code_of(another.list_objects_v2, **listing) == ("InvalidToken", 400)
    root = client(emulator, "s3", "test", "test", "token")
    assert code_of(root.list_objects_v2, **listing) == ("InvalidToken", 400)


def test_a_function_url_of_aws_iam_wants_a_signature(emulator: Emulator) -> None:
    """AWS: Lambda Developer Guide, "Control access to Lambda function URLs"."""
    code = zipped("def handler(event, context): return event['rawPath']")
    with (
        role_for(emulator) as role,
        function_of(emulator, code, role, Timeout=30) as function,
    ):
        configured = emulator.client("lambda").create_function_url_config(
            FunctionName=function, AuthType="AWS_IAM"
        )
        url = f"{configured['FunctionUrl']}a%20b?c=d"
        assert http("GET", url)[0] == 403
        for secret, status in (("guessed", 403), ("test", 200)):
            request = AWSRequest("GET", url)
            SigV4Auth(Credentials("test", secret), "lambda", REGION).add_auth(request)
            assert http("GET", url, **dict(request.headers.items()))[0] == status


def test_keys_that_would_be_of_no_use_are_not_given_out(emulator: Emulator) -> None:
    """LocalStack's GetSessionToken answers with the keys of an example."""
    sts = emulator.client("sts")
    assert code_of(sts.get_session_token) == ("NotImplemented", 501)


def test_nobody_takes_on_a_role_by_a_token_that_nobody_looks_at(emulator: Emulator) -> None:
    """Without identity providers neither a web token nor a SAML assertion proves anything."""
    with role_for(emulator, "s3:*") as role:
        form = f"Version=2011-06-15&RoleArn={role}&RoleSessionName=xx"
        token = f"Action=AssumeRoleWithWebIdentity&{form}&WebIdentityToken=junk"
        status, body = http("POST", emulator.endpoint, token.encode())
        assert (status, b"AssumeRoleWithWebIdentity of sts is not emulated here" in body) == (
            501,
            True,
        )
        sts = client(emulator, "sts", signature_version=UNSIGNED)
        provider = "arn:aws:iam::000000000000:saml-provider/p"
        assertion = {"RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": "PHg+PC94Pg=="}
        assert code_of(sts.assume_role_with_saml, **assertion) == ("NotImplemented", 501)


def test_a_session_that_would_have_too_many_rights_is_not_given_out(emulator: Emulator) -> None:
    """A policy of the session is not evaluated here, and no session lasts longer than 12 hours."""
    sts, with_role = emulator.client("sts"), {"RoleSessionName": "test"}
    with session_of(emulator, allow("s3:*")) as (role, _):
        with_role["RoleArn"] = role
        denied = json.dumps({"Version": "2012-10-17", "Statement": []})
        assert code_of(sts.assume_role, Policy=denied, **with_role) == ("NotImplemented", 501)
        long = code_of(sts.assume_role, DurationSeconds=43_201, **with_role)
        assert long == ("ValidationError", 400)


def test_nobody_outside_is_one_of_the_emulators_services(emulator: Emulator, bucket: str) -> None:
    """The header by which LocalStack's services introduce themselves gives nobody their rights."""
    url = f"{emulator.endpoint}/{bucket}/key"
    emulator.client("s3").put_object(Bucket=bucket, Key="key")
    introduced = {"x_localstack_data": '{"service_principal":"s3"}'}
    assert http("GET", url, None, **introduced)[0] == 403
    internal = emulator.client("s3", key="__internal_call__", secret="__internal_call__")
    assert code_of(internal.list_buckets) == ("SignatureDoesNotMatch", 403)


LEFTOVER = """
import boto3
from botocore.exceptions import ClientError

def handler(keys, context):
    key = {} if not keys else {"aws_access_key_id": keys[0], "aws_secret_access_key": keys[1]}
    try:
        boto3.client("s3", **key).list_buckets()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""


def test_a_function_has_no_use_for_the_accounts_own_key(emulator: Emulator) -> None:
    """AWS knows no key `test`: one that was left in a handler fails there, so it fails here. SDKs
    say in User-Agent where they run, from AWS_EXECUTION_ENV, which Lambda sets."""
    with (
        role_for(emulator, "s3:ListAllMyBuckets") as role,
        function_of(emulator, zipped(LEFTOVER), role, Timeout=30) as function,
    ):

        def seen(keys: list[str]) -> Any:
            answer = emulator.client("lambda").invoke(
                FunctionName=function, Payload=json.dumps(keys)
            )
            return json.load(answer["Payload"])

        assert seen([]) == "allowed"
        assert seen(["test", "test"]) == "InvalidAccessKeyId"
        assert seen(["000000000000", "test"]) == "InvalidAccessKeyId"


def test_the_report_knows_that_signatures_are_verified(emulator: Emulator) -> None:
    """It says what a pass does not prove."""
    assert verifies_signatures(cast(Target, SimpleNamespace(endpoint=emulator.endpoint)))


def test_verification_can_be_switched_off(start_emulator: StartEmulator) -> None:
    """TAPSTACK_SIGNATURES=off, for a client that cannot sign; the report knows which it is."""
    emulator = start_emulator(TAPSTACK_SIGNATURES="off")
    assert not verifies_signatures(cast(Target, SimpleNamespace(endpoint=emulator.endpoint)))
    impostor = emulator.client("sts", key="AKIAIOSFODNN7EXAMPLE", secret="guessed")
    assert impostor.get_caller_identity()["Account"] == "000000000000"
