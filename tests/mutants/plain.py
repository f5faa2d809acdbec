"""What plain LocalStack with a smoke test lets through: the second column of the table.

A project comes in; it is deployed as `aws cloudformation deploy` does it, one good JPEG is uploaded
and its output looked for. What went wrong goes out. run.py asks.
"""

import io
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from PIL import Image

from harness.polling import wait_until
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.artifacts import upload_code
from harness.stack.parameters import deployment_values
from harness.stack.template import load_template, template_body
from harness.targets.emulator import answers
from harness.targets.endpoint import EndpointTarget
from harness.targets.ports import HOST, choose_port

_LAUNCHER = Path(__file__).with_name("plain_localstack.py")
_DEPLOYED_S = 60.0
_PROCESSED_S = 15.0


class PlainLocalStack:
    """LocalStack as it is released, with all that it writes in `folder`; ends with this process."""

    def __init__(self, folder: Path, installation: Path) -> None:
        folder.mkdir(parents=True)
        port = choose_port(0)
        given, self._lifeline = os.pipe()
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [installation / "emulator-venv" / "bin" / "python", "-I", _LAUNCHER],
                env={
                    "PATH": os.defpath,
                    "LANG": "C.UTF-8",
                    "GATEWAY_LISTEN": f"{HOST}:{port}",
                    "TAPSTACK_EMULATOR_STATE": str(folder),
                    "TAPSTACK_LIFELINE_FD": str(given),
                    "TAPSTACK_RUNTIMES": str(installation / "runtimes"),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[given],
            )
        os.close(given)
        wait_until(lambda: answers(port), deadline_s=60, describe="plain LocalStack")
        self._target = EndpointTarget(Settings(target="endpoint", endpoint=f"http://{HOST}:{port}"))

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._lifeline)

    def smoke_test(self, settings: Settings, *, before: Settings | None = None) -> str:
        """Deploy the project of these settings and try one image; what went wrong, "" if nothing.

        With `before`, that is deployed first and the project is an update of it. Whoever does this
        sees the status of the stack, and whether there is an output.
        """
        try:
            if before:
                self._deploy(before, "CREATE")
            self._deploy(settings, "UPDATE" if before else "CREATE")
            self._try_one_image(settings)
        except (Problem, BotoCoreError, ClientError) as error:
            return str(error)
        finally:
            self._discard(settings.suffix)
        return ""

    def _deploy(self, settings: Settings, kind: str) -> None:
        cloudformation = self._target.client("cloudformation")
        template = load_template(settings.template)
        account = self._target.client("sts").get_caller_identity()["Account"]
        architecture = self._target.architecture
        upload_code(template, self._target, settings, account, architecture, lambda line: None)
        values = deployment_values(template, settings, architecture, {})
        name = settings.stack_name
        change_set = cloudformation.create_change_set(
            StackName=name,
            ChangeSetName=kind.lower(),
            ChangeSetType=kind,
            TemplateBody=template_body(template),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
            Capabilities=["CAPABILITY_IAM"],
        )["Id"]

        def change_set_status() -> Any:
            return cloudformation.describe_change_set(ChangeSetName=change_set)["Status"]

        def stack_status() -> Any:
            return cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]

        _reach("CREATE_COMPLETE", change_set_status, "the change set")
        cloudformation.execute_change_set(ChangeSetName=change_set)
        _reach(f"{kind}_COMPLETE", stack_status, "the stack")

    def _try_one_image(self, settings: Settings) -> None:
        s3, place = self._target.client("s3"), f"{settings.suffix}-000000000000"
        file = io.BytesIO()
        Image.linear_gradient("L").resize((800, 600)).convert("RGB").save(file, "JPEG")
        s3.put_object(
            Bucket=f"image-upload-bucket-{place}", Key="uploads/smoke.jpg", Body=file.getvalue()
        )

        def output() -> bool:
            listed = s3.list_objects_v2(
                Bucket=f"processed-images-bucket-{place}", Prefix="processed/smoke.jpg"
            )
            return bool(listed["KeyCount"])

        wait_until(output, deadline_s=_PROCESSED_S, describe="the output of one good JPEG")

    def _discard(self, suffix: str) -> None:
        """Remove the functions of an environment: their processes take memory."""
        functions = self._target.client("lambda")
        for page in functions.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                if function["FunctionName"].endswith(f"-{suffix}"):
                    with suppress(ClientError):  # it cannot delete what it could not make
                        functions.delete_function(FunctionName=function["FunctionName"])


def _reach(wanted: str, look: Any, what: str) -> None:
    """Wait until a status is `wanted`. Problem if it is another one that is final."""
    status = wait_until(
        look,
        until=lambda seen: not seen.endswith(("_IN_PROGRESS", "_PENDING")),
        deadline_s=_DEPLOYED_S,
        describe=what,
    )
    if status != wanted:
        raise Problem(f"{what} is {status}.", "")
