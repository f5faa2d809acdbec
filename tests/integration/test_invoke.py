"""`tapstack invoke`: events by hand, with the log, the result and the numbers of each."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.settings import Settings
from harness.stack.deploy import delete_stack, deploy
from harness.stack.orphans import empty_bucket
from harness.targets.embedded import EmbeddedTarget
from tests.integration.conftest import Tapstack
from tests.integration.templates import ROLE

# The parts of the project's stack that an invocation by hand needs, with a function that answers
# with its event and logs a line.
TEMPLATE = (
    """
Parameters:
  EnvironmentSuffix: {Type: String}
Resources:
"""
    + ROLE
    + """\
      Policies:
        - PolicyName: logs
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: "logs:*", Resource: "*"}]
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub uploads-${EnvironmentSuffix}
      VersioningConfiguration: {Status: Enabled}
  Echo:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub echo-${EnvironmentSuffix}
      Runtime: python3.13
      Handler: handler.handler
      Role: !GetAtt Role.Arn
      Code: ./code
      LoggingConfig: {LogFormat: FORMAT}
Outputs:
  UploadBucketName: {Value: !Ref Uploads}
  FunctionName: {Value: !Ref Echo}
"""
)
HANDLER = """
def handler(event, context):
    print("a line of its own")
    if event.get("fail"):
        raise ValueError("on purpose")
    return event
"""


@pytest.fixture(scope="module", params=["JSON", "Text"])
def settings(
    request: pytest.FixtureRequest, target: EmbeddedTarget, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A deployed stack, whose function logs in either format."""
    folder = tmp_path_factory.mktemp("stack")
    (folder / "code").mkdir()
    (folder / "code" / "handler.py").write_text(HANDLER)
    (folder / "template.yml").write_text(TEMPLATE.replace("FORMAT", request.param))
    own = replace(
        Settings(),
        state_dir=target.state_dir,
        template=folder / "template.yml",
        suffix=uuid.uuid4().hex[:12],
    )
    stack = deploy(target, own)
    yield own
    empty_bucket(target.client("s3"), stack.outputs["UploadBucketName"])
    delete_stack(target, own.stack_name)


def test_an_upload_is_handed_over_as_s3_would(
    tapstack: Tapstack, target: EmbeddedTarget, settings: Settings
) -> None:
    """By its key, by the end of it, or the latest; with the version that is there."""
    bucket = f"uploads-{settings.suffix}"
    given = ("--suffix", settings.suffix, "--json")
    here = {"TAPSTACK_STATE": str(settings.state_dir)}
    nothing = tapstack("invoke", *given, **here)
    assert nothing.returncode == 2
    assert "Nothing has been uploaded" in nothing.stderr

    s3 = target.client("s3")
    version = s3.put_object(Bucket=bucket, Key="uploads/a b/é.jpg", Body=b"12345")["VersionId"]
    for argument in ([], ["uploads/a b/é.jpg"], ["é.jpg"]):
        done = tapstack("invoke", *argument, *given, **here)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        (record,) = said["result"]["Records"]
        assert record["s3"]["bucket"]["name"] == bucket
        assert record["s3"]["object"]["key"] == "uploads/a+b/%C3%A9.jpg"
        assert (record["s3"]["object"]["versionId"], record["s3"]["object"]["size"]) == (version, 5)
        assert any("a line of its own" in line for line in said["log"])
        assert said["report"]["memorySizeMB"] == 128
        assert said["report"]["durationMs"] > 0

    of_run = "uploads/run-20260101T120000-1a2b/user-031/dawn.jpg"
    s3.put_object(Bucket=bucket, Key=of_run, Body=b"12345")
    done = tapstack("invoke", "user-031/dawn.jpg", *given, **here)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["result"]["Records"][0]["s3"]["object"]["key"] == of_run


def test_an_event_of_a_file_and_what_a_failure_shows(
    tapstack: Tapstack, settings: Settings, tmp_path: Path
) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"fail": true}')
    given = ("--suffix", settings.suffix)
    here = {"TAPSTACK_STATE": str(settings.state_dir)}
    done = tapstack("invoke", str(event), *given, **here)
    assert done.returncode == 1
    assert "ValueError: on purpose" in done.stdout
    assert 'raise ValueError("on purpose")' in done.stdout
    assert "FAILED in " in done.stdout
    assert " of 128 MB" in done.stdout

    event.write_text('{"fail": ')
    assert "is not JSON" in tapstack("invoke", str(event), *given, **here).stderr
    gone = tapstack("invoke", str(tmp_path / "no.json"), *given, **here)
    assert (gone.returncode, "There is no file" in gone.stderr) == (2, True)
    other = tapstack("invoke", "-", "--function", "nobody", *given, **here)
    assert other.returncode == 2
