"""Deployments to a running emulator: what comes out, what they report, and how they fail."""

import io
import json
import re
import signal
import subprocess
import sys
import textwrap
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.polling import wait_until
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.deploy import delete_stack, deploy, find_stack
from harness.stack.deployed import Stack
from harness.stack.failures import DeploymentFailed
from harness.targets import emulator
from harness.targets.embedded import EmbeddedTarget
from tests.integration.conftest import Tapstack
from tests.integration.templates import ROLE

FUNCTION = (
    """
Parameters:
  EnvironmentSuffix: {Type: String}
Resources:
"""
    + ROLE
    + """\
  Echo:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub echo-${EnvironmentSuffix}
      Runtime: python3.13
      Handler: handler.handler
      Role: !GetAtt Role.Arn
      Code: ./code
      Timeout: 10
Outputs:
  Name: {Value: !Ref Echo}
"""
)


@pytest.fixture
def settings(target: EmbeddedTarget, tmp_path: Path) -> Iterator[Settings]:
    """Settings with a template and a suffix of their own; their stack is deleted at the end."""
    own = replace(
        Settings(),
        state_dir=tmp_path / "state",
        template=tmp_path / "template.yml",
        suffix=uuid.uuid4().hex[:12],
    )
    yield own
    delete_stack(target, own.stack_name)


@pytest.fixture
def progress() -> list[str]:
    """The lines that a deployment has reported."""
    return []


Deploy = Callable[[str], Stack]


@pytest.fixture
def deploy_text(target: EmbeddedTarget, settings: Settings, progress: list[str]) -> Deploy:
    """Deploy the template with this text."""

    def deploy_one(text: str) -> Stack:
        settings.template.write_text(textwrap.dedent(text))
        progress.clear()
        return deploy(target, settings, on_progress=progress.append)

    return deploy_one


def _write_handler(settings: Settings, answer: str) -> None:
    code = settings.template.parent / "code"
    code.mkdir(exist_ok=True)
    (code / "handler.py").write_text(f"def handler(event, context):\n    return {answer!r}\n")


def test_the_projects_template_deploys_whole(
    target: EmbeddedTarget, settings: Settings, project_root: Path, progress: list[str]
) -> None:
    """All outputs are there and exported, and deploying again changes nothing."""
    ours = replace(settings, template=project_root / "infra" / "TapStack.yml")
    stack = deploy(target, ours, on_progress=progress.append)
    assert {
        "UploadBucketName",
        "ProcessedBucketName",
        "NotificationTopicArn",
        "DashboardUrl",
    } < set(stack.outputs)
    pages = target.client("cloudformation").get_paginator("list_exports").paginate()
    exports = {export["Name"]: export["Value"] for page in pages for export in page["Exports"]}
    for name, value in stack.outputs.items():
        assert exports[f"{stack.name}-{name}"] == value
    assert find_stack(target, ours) == stack

    progress.clear()
    assert deploy(target, ours, on_progress=progress.append) == stack
    assert f"{stack.name}: nothing to change" in progress
    assert not [line for line in progress if "uploading" in line]


def test_events_are_reported_as_they_come(deploy_text: Deploy, progress: list[str]) -> None:
    """Each resource has a line that says what was done with it, and how long that took."""
    deploy_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    (line,) = [line for line in progress if " Topic " in line]
    assert re.fullmatch(r"\d\d:\d\d:\d\d created   Topic in \d+\.\d s", line)


def test_changed_code_is_what_runs(
    target: EmbeddedTarget, settings: Settings, deploy_text: Deploy
) -> None:
    """A package is uploaded under its content's name, so a change of code is a change of stack."""
    for answer in ("first", "second"):
        _write_handler(settings, answer)
        stack = deploy_text(FUNCTION)
        invoked = target.client("lambda").invoke(FunctionName=stack.outputs["Name"])
        assert json.loads(invoked["Payload"].read()) == answer


def test_code_that_was_changed_outside_the_stack_is_set_back(
    deploy_text: Deploy, target: EmbeddedTarget, settings: Settings, progress: list[str]
) -> None:
    """CloudFormation compares templates, and sees nothing of UpdateFunctionCode."""
    handler = settings.template.parent / "code" / "handler.py"
    handler.parent.mkdir()
    handler.write_text("def handler(event, context): return 1\n")
    name = deploy_text(FUNCTION).outputs["Name"]
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as zipped:
        zipped.writestr("handler.py", "def handler(event, context): return 2\n")
    client = target.client("lambda")
    client.update_function_code(FunctionName=name, ZipFile=other.getvalue())
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert json.load(client.invoke(FunctionName=name)["Payload"]) == 2
    deploy_text(FUNCTION)
    assert json.load(client.invoke(FunctionName=name)["Payload"]) == 1
    assert any("changed outside of the stack" in line for line in progress)
    deploy_text(FUNCTION)
    assert not any("changed outside of the stack" in line for line in progress)


def test_code_that_is_not_there_is_a_problem(deploy_text: Deploy) -> None:
    """The function and the folder are named, and nothing is deployed."""
    with pytest.raises(Problem, match=r"The code of Echo .*code, which is not there"):
        deploy_text(FUNCTION)


def test_a_failure_names_resource_reason_and_log(
    target: EmbeddedTarget, settings: Settings, deploy_text: Deploy, progress: list[str]
) -> None:
    """The first resource that failed is reported; the next deployment starts from nothing."""
    with pytest.raises(DeploymentFailed) as failure:
        deploy_text("""
            Resources:
              Good: {Type: AWS::SNS::Topic}
              Board:
                Type: AWS::CloudWatch::Dashboard
                DependsOn: Good
                Properties: {DashboardName: board, DashboardBody: "{"}
        """)
    assert "Board (AWS::CloudWatch::Dashboard)" in failure.value.happened
    assert "DashboardBody must be a valid JSON" in failure.value.happened
    assert target.log in failure.value.remedy
    assert failure.value.exit_code == 1
    assert find_stack(target, settings) is None

    deploy_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    assert any("deleting it first" in line for line in progress)
    assert find_stack(target, settings) is not None


def test_a_bucket_that_holds_something_keeps_its_stack(
    target: EmbeddedTarget, settings: Settings, deploy_text: Deploy
) -> None:
    """The failed deletion names the bucket and what to do, whatever else had failed before."""
    bucket = "Resources: {Bucket: {Type: AWS::S3::Bucket}}\nOutputs: {Name: {Value: !Ref Bucket}}"
    name = deploy_text(bucket).outputs["Name"]
    board = "Board: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: x}}"
    with pytest.raises(DeploymentFailed, match="Board"):
        deploy_text(bucket.replace("{Bucket:", f"{{{board}, Bucket:"))
    s3 = target.client("s3")
    s3.put_object(Bucket=name, Key="precious", Body=b"")

    with pytest.raises(DeploymentFailed) as failure:
        delete_stack(target, settings.stack_name)

    assert f"became DELETE_FAILED: Bucket (AWS::S3::Bucket) {name}: " in failure.value.happened
    assert "not empty" in failure.value.happened
    assert f"Empty {name}" in failure.value.remedy
    s3.delete_object(Bucket=name, Key="precious")
    delete_stack(target, settings.stack_name)
    assert find_stack(target, settings) is None


def test_an_export_that_another_stack_has_is_the_reason(
    target: EmbeddedTarget, settings: Settings, deploy_text: Deploy
) -> None:
    """No resource failed: the reason is that of the stack."""
    export = f"""
        Resources: {{Topic: {{Type: AWS::SNS::Topic}}}}
        Outputs: {{Arn: {{Value: !Ref Topic, Export: {{Name: shared-{settings.suffix}}}}}}}
    """
    deploy_text(export)
    second = replace(settings, suffix=uuid.uuid4().hex[:12])
    try:
        with pytest.raises(DeploymentFailed, match=f"shared-{settings.suffix} is already exported"):
            deploy(target, second)
    finally:
        delete_stack(target, second.stack_name)


def test_a_failed_custom_resource_points_at_its_function(
    settings: Settings, deploy_text: Deploy
) -> None:
    """The function's reason is reported, and which function to read the log of."""
    code = settings.template.parent / "code"
    code.mkdir()
    (code / "handler.py").write_text(
        textwrap.dedent("""
            import json, urllib.request

            def handler(event, context):
                names = ("StackId", "RequestId", "LogicalResourceId")
                answer = {name: event[name] for name in names}
                failed = event["RequestType"] == "Create"
                answer |= {"Status": "FAILED" if failed else "SUCCESS",
                           "PhysicalResourceId": "x", "Reason": "the moon is in the way"}
                body = json.dumps(answer).encode()
                request = urllib.request.Request(event["ResponseURL"], data=body, method="PUT")
                request.add_header("Content-Type", "")
                urllib.request.urlopen(request).close()
        """)
    )
    custom = "  Thing: {Type: Custom::Thing, Properties: {ServiceToken: !GetAtt Echo.Arn}}\n"
    with pytest.raises(DeploymentFailed, match="the moon is in the way") as failure:
        deploy_text(FUNCTION.replace("Outputs:", custom + "Outputs:"))
    assert "Thing (Custom::Thing)" in failure.value.happened
    assert "Echo" in failure.value.remedy


@pytest.mark.parametrize(
    ("template", "said"),
    [
        pytest.param(
            """
            Resources:
              A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref B}}
              B: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref A}}
            """,
            "circular dependency: ",
            id="circular dependency",
        ),
        pytest.param(
            """
            Resources: {A: {Type: AWS::SNS::Topic}}
            Outputs: {Wrong: {Value: !GetAtt A.NoSuchAttribute}}
            """,
            "resource A does not support attribute type NoSuchAttribute",
            id="unknown attribute",
        ),
        pytest.param(
            "Resources: {A: {Type: AWS::No::Such, Properties: {}}}",
            r"Unrecognized resource types: \[AWS::No::Such\]",
            id="unknown type",
        ),
        pytest.param(
            "Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayNam: x}}}",
            "/Resources/A/Properties/DisplayNam: Additional properties are not allowed",
            id="mistyped property",
        ),
    ],
)
def test_what_aws_rejects_is_rejected(deploy_text: Deploy, template: str, said: str) -> None:
    """What LocalStack would complete fails before anything is created, for AWS's reason."""
    with pytest.raises(DeploymentFailed, match=said):
        deploy_text(template)


def test_what_runs_is_the_same_seen_from_every_command(
    tapstack: Tapstack, tmp_path: Path, state_dir: Path
) -> None:
    """`up`, `status`, `deploy` and `down` find the same emulator and stack without an option."""
    template = tmp_path / "topic.yml"
    template.write_text(
        "Resources: {Topic: {Type: AWS::SNS::Topic}}\nOutputs: {Arn: {Value: !Ref Topic}}"
    )
    assert json.loads(tapstack("status", "--json").stdout)["target"]["running"] is False

    up = tapstack("up", "--template", str(template))
    assert up.returncode == 0, up.stderr
    endpoint = emulator.status(state_dir).endpoint
    assert endpoint
    assert endpoint in up.stdout

    status = json.loads(tapstack("status", "--json").stdout)
    assert status["target"]["endpoint"] == endpoint
    assert status["stack"]["outputs"]["Arn"].startswith("arn:aws:sns:us-east-1:")
    deployed = tapstack("deploy", "--json", "--template", str(template))
    assert json.loads(deployed.stdout) == status["stack"]

    again = tapstack("up", "--template", str(template))
    assert "runs already" in again.stderr
    assert "nothing to change" in again.stderr

    assert tapstack("down").returncode == 0
    assert not emulator.status(state_dir).running
    assert "Nothing was running" in tapstack("down").stdout


def test_a_deployment_that_fails_ends_with_exit_code_1(tapstack: Tapstack, tmp_path: Path) -> None:
    """A stack that is not what the template says fails a check, without a traceback."""
    template = tmp_path / "wrong.yml"
    template.write_text("Resources: {A: {Type: AWS::No::Such}}")
    done = tapstack("up", "--template", str(template))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Unrecognized resource types: [AWS::No::Such]" in done.stderr


def test_an_interrupted_up_can_be_repeated(
    tapstack: Tapstack, tmp_path: Path, state_dir: Path, project_root: Path
) -> None:
    """Ctrl-C ends with 130 and a word, and the next `up` goes on from there."""
    command = subprocess.Popen(
        [sys.executable, "-P", "-m", "harness", "up", "--state", str(state_dir), "--port", "0"],
        cwd=project_root,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    wait_until(
        lambda: emulator.status(state_dir).running, deadline_s=60, describe="the emulator's process"
    )
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=60)
    assert command.returncode == 130
    assert said.strip().endswith("Interrupted.")
    assert "Traceback" not in said

    template = tmp_path / "topic.yml"
    template.write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    assert tapstack("up", "--template", str(template)).returncode == 0
