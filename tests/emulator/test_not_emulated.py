"""What is not emulated is refused at once, in one sentence that speaks of nothing to buy."""

import json
import re
import urllib.request
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack

NOT_HERE = ("dynamodb", "dynamodbstreams", "kinesis", "opensearch", "es", "transcribe")


@pytest.mark.parametrize(
    ("service", "operation", "request_", "refused"),
    [
        ("dynamodb", "list_tables", {}, "The service dynamodb is not emulated here."),
        ("kinesis", "list_streams", {}, "The service kinesis is not emulated here."),
        ("opensearch", "list_domain_names", {}, "The service opensearch is not emulated here."),
        ("transcribe", "list_transcription_jobs", {}, "The service transcribe is not emulated"),
        ("ecr", "describe_registry", {}, "DescribeRegistry of ecr is not emulated here."),
        ("apigatewayv2", "get_apis", {}, "The service apigatewayv2 is not emulated here."),
        (
            "cloudwatch",
            "get_insight_rule_report",
            {"RuleName": "r", "StartTime": 0, "EndTime": 60, "Period": 60},
            "GetInsightRuleReport of cloudwatch is not emulated here.",
        ),
        ("lambda", "list_durable_executions_by_function", {"FunctionName": "f"}, "is not emulated"),
        (
            "logs",
            "start_query",
            {"logGroupName": "g", "startTime": 0, "endTime": 1, "queryString": "stats count()"},
            "Queries of CloudWatch Logs Insights are not emulated here",
        ),
        ("logs", "list_anomalies", {}, "ListAnomalies of logs is not emulated here"),
        (
            "sns",
            "create_sms_sandbox_phone_number",
            {"PhoneNumber": "+15550100"},
            "of sns is not emulated here.",
        ),
    ],
)
def test_a_refusal_is_one_sentence(
    emulator: Emulator, service: str, operation: str, request_: dict[str, Any], refused: str
) -> None:
    """A service or an operation that is not there answers 501 and says just that."""
    with pytest.raises(ClientError) as error:
        getattr(emulator.client(service), operation)(**request_)

    response = error.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert refused in response["Error"]["Message"]
    assert not re.search("licen[sc]e|plan|upgrade|LocalStack", response["Error"]["Message"])


def test_a_service_that_nobody_knows_is_refused_alike(emulator: Emulator) -> None:
    """Newer ones, or a part of S3 that is signed for another name: no error to be tried again."""
    with pytest.raises(ClientError) as error:
        emulator.client("s3").list_directory_buckets()

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_the_body_of_a_request_has_a_length(emulator: Emulator) -> None:
    """Where it is a member whose length is limited, such as the result of a callback."""
    with pytest.raises(ClientError) as error:
        emulator.client("lambda").send_durable_execution_callback_success(
            CallbackId="1", Result=b"{}"
        )

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500 or (
        "is not emulated here" in error.value.response["Error"]["Message"]
    )


def test_the_health_page_lists_what_can_run(emulator: Emulator) -> None:
    """Services that would have to be downloaded are not among those that are available."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{emulator.endpoint}/_localstack/health") as answer:
        services = json.load(answer)["services"]

    assert "s3" in services
    assert not services.keys() & set(NOT_HERE)


def test_a_stack_with_a_table_fails_at_once(emulator: Emulator) -> None:
    """A resource of a service that is not here fails, and its event says why."""
    stack = Stack(emulator.client("cloudformation"))
    table = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "TableName": f"table-{uuid.uuid4().hex[:8]}",
    }
    stream = {"ShardCount": 1, "Name": f"stream-{uuid.uuid4().hex[:8]}"}
    for kind, properties in (("DynamoDB::Table", table), ("Kinesis::Stream", stream)):
        resources = {"Resource": {"Type": f"AWS::{kind}", "Properties": properties}}
        try:
            assert stack.create({"Resources": resources}) == "ROLLBACK_COMPLETE"
            service = kind.split(":")[0].lower()
            reasons = stack.reasons("CREATE_FAILED")
            assert any(f"The service {service} is not emulated here." in it for it in reasons)
        finally:
            stack.delete()
