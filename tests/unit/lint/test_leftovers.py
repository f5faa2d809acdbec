"""What was written for an emulator is found before it fails on AWS."""

import pytest

from tests.unit.lint.conftest import Judge

HANDLER = "def handler(event, context):\n    return event\n"
IMPORT = "import os\nimport boto3\n"
KEYS = "aws_access_key_id='test', aws_secret_access_key='test'"


def leftovers(judge: Judge, code: str) -> list[str]:
    """What the rules of this kind find in a handler."""
    found = judge(app_dot_py=f"{IMPORT}{code}\n{HANDLER}")
    return [finding for finding in found if finding.startswith("E922")]


@pytest.mark.parametrize(
    "code",
    [
        f"s3 = boto3.client('s3', {KEYS})",
        f"session = boto3.Session({KEYS})",
        "given = dict(aws_access_key_id='test')\ns3 = boto3.client('s3', **given)",
        "given = {'aws_access_key_id': 'test'}\ns3 = boto3.client('s3', **given)",
        "KEY = 'test'\ns3 = boto3.client('s3', aws_access_key_id=KEY)",
    ],
)
def test_credentials_in_the_code(judge: Judge, code: str) -> None:
    """AWS: InvalidAccessKeyId; a real key would be a leaked secret."""
    found = leftovers(judge, code)
    assert found
    assert all(finding.startswith("E9221 app.py:") for finding in found)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4566",
        "http://localhost:4566",
        "https://localhost.localstack.cloud:4566",
        "http://localstack:4566",
        "http://host.docker.internal:4566/",
        "http://[::1]:4566",
    ],
)
def test_an_endpoint_of_the_developers_machine(judge: Judge, url: str) -> None:
    """AWS: EndpointConnectionError."""
    for code in (
        f"s3 = boto3.client('s3', endpoint_url='{url}')",
        f"URL = '{url}'\ns3 = boto3.client('s3', endpoint_url=URL)",
    ):
        (found,) = leftovers(judge, code)
        assert found.startswith("E9222 app.py:")


@pytest.mark.parametrize(
    "code",
    [
        "s3 = boto3.client('s3')",
        "s3 = boto3.client('s3', endpoint_url='https://s3.eu-west-1.amazonaws.com')",
        "s3 = boto3.client('s3', endpoint_url=os.environ.get('ENDPOINT'))",
        "LOCAL = 'http://localhost:4566' if os.environ.get('LOCAL') else None\n"
        "s3 = boto3.client('s3', endpoint_url=LOCAL)",
        "s3 = boto3.client('s3', aws_access_key_id=os.environ['AWS_ACCESS_KEY_ID'])",
    ],
)
def test_what_depends_on_where_it_runs_is_left_alone(judge: Judge, code: str) -> None:
    """Code that asks first may be right."""
    assert leftovers(judge, code) == []
