"""Layers are in /opt, as on AWS; what functions cannot have here, and do not exist, is refused."""

import io
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, settled, zipped
from tests.emulator.invocations import ANYTHING, runner
from tests.emulator.stacks import Stack


def _zip(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            package.writestr(name, text)
    return content.getvalue()


@contextmanager
def _layer(emulator: Emulator, files: dict[str, str]) -> Iterator[str]:
    """The ARN of a layer version with these files."""
    functions, name = emulator.client("lambda"), f"layer-{uuid.uuid4().hex[:8]}"
    published = functions.publish_layer_version(LayerName=name, Content={"ZipFile": _zip(files)})
    try:
        yield published["LayerVersionArn"]
    finally:
        functions.delete_layer_version(LayerName=name, VersionNumber=published["Version"])


def _linked(*entries: tuple[str, str, bool]) -> bytes:
    """A package with entries of a name, a content and whether it is a symbolic link to that."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name, text, is_link in entries:
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = (0o120777 if is_link else 0o100644) << 16
            package.writestr(entry, text)
    return content.getvalue()


def test_layers_are_listed_by_what_they_fit(emulator: Emulator) -> None:
    """Each with the latest version that says so; one that has lost its versions is not there."""
    functions, name = emulator.client("lambda", region="eu-west-1"), f"layer-{uuid.uuid4().hex}"
    package = {"ZipFile": _zip({"python/a.py": ""})}
    for fits in (
        {"CompatibleRuntimes": ["python3.13"], "CompatibleArchitectures": ["arm64"]},
        {"CompatibleRuntimes": ["nodejs22.x"]},
        {},
    ):
        functions.publish_layer_version(LayerName=name, Content=package, **fits)

    def listed(**wished: str) -> tuple[list[int], list[int]]:
        layers = functions.list_layers(**wished)["Layers"]
        versions = functions.list_layer_versions(LayerName=name, **wished)["LayerVersions"]
        return (
            [it["LatestMatchingVersion"]["Version"] for it in layers if it["LayerName"] == name],
            [it["Version"] for it in versions],
        )

    assert listed() == ([3], [3, 2, 1])
    assert listed(CompatibleRuntime="nodejs22.x") == ([2], [2])
    assert listed(CompatibleRuntime="python3.13") == ([1], [1])
    assert listed(CompatibleArchitecture="arm64") == ([1], [1])
    assert listed(CompatibleRuntime="python3.12") == ([], [])
    for version in (1, 2, 3):
        functions.delete_layer_version(LayerName=name, VersionNumber=version)
    assert listed() == ([], [])


def test_layers_come_in_pages(emulator: Emulator) -> None:
    """The marker of the next page is a text that the call takes."""
    functions, names = emulator.client("lambda", region="eu-west-2"), {"one", "two", "three"}
    for name in names:
        package = {"ZipFile": _zip({"python/a.py": ""})}
        functions.publish_layer_version(LayerName=name, Content=package)
    pages = functions.get_paginator("list_layers").paginate(PaginationConfig={"PageSize": 1})
    assert sorted(it["LayerName"] for page in pages for it in page["Layers"]) == sorted(names)
    for name in names:
        functions.delete_layer_version(LayerName=name, VersionNumber=1)


def test_a_package_is_not_unpacked_outside_of_its_folder(
    emulator: Emulator, role: str, tmp_path: Path
) -> None:
    """An entry below a symbolic link of the package, absolute ones, and those with `..`."""
    outside = str(tmp_path)
    for entries in (
        [("d", outside, True), ("d/planted.py", "x", False)],
        [("d/planted.py", "x", False), ("d", outside, True)],
        [("d", "e", True), ("d/f/planted.py", "x", False)],
        [("../planted.py", "x", False)],
        [(f"{outside}/planted.py", "x", False)],
    ):
        code = _linked(("handler.py", "def handler(*_): pass", False), *entries)
        with (
            pytest.raises(ClientError, match="of the package lies") as caught,
            function_of(emulator, code, role),
        ):
            pass
        assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
        with pytest.raises(ClientError, match="of the package lies"):
            emulator.client("lambda").publish_layer_version(
                LayerName="outside", Content={"ZipFile": code}
            )
    assert list(tmp_path.iterdir()) == []


def test_symbolic_links_of_a_package_stay_and_open_nothing(
    emulator: Emulator, role: str, tmp_path: Path
) -> None:
    """Links are kept as on AWS; what they lead to outside keeps its mode and stays unseen."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    handler = zipfile.ZipFile(io.BytesIO(ANYTHING)).read("handler.py").decode()
    code = _linked(
        ("handler.py", handler, False),
        ("alias.py", "handler.py", True),
        ("secret", str(secret), True),
    )
    with function_of(emulator, code, role) as arn:
        found = runner(emulator, arn)(
            "import os, alias; result = [os.readlink('alias.py'), os.path.exists('secret')]"
        ).payload

    assert found == ["handler.py", False]
    assert secret.stat().st_mode & 0o777 == 0o600


def test_a_layer_is_not_put_through_a_link_of_another(
    emulator: Emulator, role: str, tmp_path: Path
) -> None:
    """A folder of the later layer takes the place of a link of the earlier one."""
    functions = emulator.client("lambda")
    layers = [
        functions.publish_layer_version(
            LayerName=f"linked-{uuid.uuid4().hex[:8]}", Content={"ZipFile": package}
        )["LayerVersionArn"]
        for package in (
            _linked(("d", str(tmp_path), True)),
            _linked(("d/planted.py", "x", False)),
        )
    ]
    with function_of(emulator, ANYTHING, role, Layers=layers) as arn:
        assert runner(emulator, arn)("import os; result = os.listdir('/opt/d')").payload == [
            "planted.py"
        ]
    assert list(tmp_path.iterdir()) == []


def test_layers_are_in_opt_one_over_the_other(emulator: Emulator, role: str) -> None:
    """Modules of both are imported, files of the later one win, and the package comes before."""
    site_packages = "python/lib/python3.13/site-packages"
    first = {"python/one.py": "name = 1", "python/both.py": "name = 1", "bin/tool": "#!/bin/sh"}
    second = {
        **{"python/both.py": "name = 2", f"{site_packages}/two.py": "name = 2"},
        "python/handler.py": "name = 2",
    }
    code = "import os, sys, one, both, two, handler; result = [one.name, both.name, two.name]"
    code += "; result += [handler.__file__, os.path.exists('/opt/bin/tool'), sys.path[:3]]"
    with (
        _layer(emulator, first) as below,
        _layer(emulator, second) as above,
        function_of(emulator, ANYTHING, role, Layers=[below, above]) as arn,
    ):
        found = runner(emulator, arn)(code).payload

    assert found == [
        *(1, 2, 2),
        *("/var/task/handler.py", True),
        ["/var/task", f"/opt/{site_packages}", "/opt/python"],
    ]


def test_a_layer_comes_before_the_runtimes_modules(emulator: Emulator, role: str) -> None:
    """A library in a layer is used instead of the one that the runtime brings along."""
    with (
        _layer(emulator, {"python/boto3.py": "name = 'mine'"}) as layer,
        function_of(emulator, ANYTHING, role, Layers=[layer]) as arn,
    ):
        assert runner(emulator, arn)("import boto3; result = boto3.name").payload == "mine"


def test_a_functions_layers_can_be_changed(emulator: Emulator, role: str) -> None:
    """An update with other layers counts, and one without any leaves /opt empty."""
    functions = emulator.client("lambda")
    look = "import os; result = sorted(os.listdir('/opt'))"
    with (
        _layer(emulator, {"old.txt": ""}) as old,
        _layer(emulator, {"new.txt": ""}) as new,
        function_of(emulator, ANYTHING, role, Layers=[old]) as arn,
    ):
        seen = [runner(emulator, arn)(look).payload]
        for layers in ([new], []):
            functions.update_function_configuration(FunctionName=arn, Layers=layers)
            functions.get_waiter("function_updated_v2").wait(FunctionName=arn)
            seen.append(runner(emulator, arn)(look).payload)

    assert seen == [["old.txt"], ["new.txt"], []]


def test_a_deleted_layer_stays_with_the_functions_that_use_it(
    emulator: Emulator, role: str
) -> None:
    """Deleting a layer version does not take it from a function."""
    with (
        _layer(emulator, {"kept.txt": ""}) as layer,
        function_of(emulator, ANYTHING, role, Layers=[layer]) as arn,
    ):
        name, version = layer.rsplit(":", 1)
        emulator.client("lambda").delete_layer_version(LayerName=name, VersionNumber=int(version))

        assert runner(emulator, arn)("import os; result = os.listdir('/opt')").payload


def test_code_and_layers_have_a_largest_size(emulator: Emulator, role: str) -> None:
    """Together, unzipped, they have at most 250 MB."""
    zeros = "0" * 131_072_000
    functions, name = emulator.client("lambda"), f"function-{uuid.uuid4().hex[:8]}"
    with _layer(emulator, {"a": zeros}) as one, _layer(emulator, {"b": zeros}) as two:
        functions.create_function(
            **_function(name, role), Code={"ZipFile": zipped("x = 1")}, Layers=[one, two]
        )
        try:
            found = settled(emulator, name)
        finally:
            functions.delete_function(FunctionName=name)

    assert found["State"] == "Failed"
    assert "exceeds the maximum allowed size of 262144000 bytes" in found["StateReason"]


def _function(name: str, role: str) -> dict[str, Any]:
    return {
        **{"FunctionName": name, "Role": role, "Runtime": "python3.13"},
        "Handler": "handler.handler",
    }


@pytest.mark.parametrize(
    ("feature", "configuration"),
    [
        (
            "FileSystemConfigs (EFS)",
            {
                "FileSystemConfigs": [
                    {
                        "Arn": "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/"
                        "fsap-0123456789abcdef0",
                        "LocalMountPath": "/mnt/files",
                    }
                ]
            },
        ),
        ("SnapStart", {"SnapStart": {"ApplyOn": "PublishedVersions"}}),
        (
            "Layer version arn:aws:lambda:us-east-1:017000801446:layer:theirs:1",
            {"Layers": ["arn:aws:lambda:us-east-1:017000801446:layer:theirs:1"]},
        ),
    ],
)
def test_what_is_not_emulated_is_refused(
    emulator: Emulator, role: str, feature: str, configuration: dict[str, Any]
) -> None:
    """A function is not made without what it was to have, and the error names it."""
    name = f"function-{uuid.uuid4().hex[:8]}"
    with pytest.raises(ClientError) as refused:
        emulator.client("lambda").create_function(
            **_function(name, role), Code={"ZipFile": zipped("x = 1")}, **configuration
        )

    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidParameterValueException"
    assert feature in error["Message"]


def test_extensions_in_layers_are_refused(emulator: Emulator, role: str) -> None:
    """A function whose layers bring an extension fails, as the extension would not run."""
    functions, name = emulator.client("lambda"), f"function-{uuid.uuid4().hex[:8]}"
    with _layer(emulator, {"extensions/agent": "#!/bin/sh"}) as layer:
        functions.create_function(
            **_function(name, role), Code={"ZipFile": zipped("x = 1")}, Layers=[layer]
        )
        try:
            found = settled(emulator, name)
        finally:
            functions.delete_function(FunctionName=name)

    assert (found["State"], "extensions/agent" in found["StateReason"]) == ("Failed", True)


def test_a_function_whose_update_fails_runs_what_it_was(emulator: Emulator, role: str) -> None:
    """It stays Active, and LastUpdateStatus says why: Lambda Developer Guide, "Function states"."""
    functions = emulator.client("lambda")
    with (
        _layer(emulator, {"extensions/agent": "#!/bin/sh"}) as layer,
        function_of(emulator, ANYTHING, role) as arn,
    ):
        functions.update_function_configuration(FunctionName=arn, Layers=[layer])
        found = wait_until(
            lambda: functions.get_function_configuration(FunctionName=arn),
            until=lambda it: it["LastUpdateStatus"] != "InProgress",
            deadline_s=30,
            describe="the end of the update",
        )
        assert runner(emulator, arn)("result = 1").payload == 1

    assert (found["State"], found["LastUpdateStatus"]) == ("Active", "Failed")
    assert "extensions/agent" in found["LastUpdateStatusReason"]
    assert "StateReason" not in found


def test_an_unknown_function_is_named_with_a_version(emulator: Emulator) -> None:
    """Recorded: LocalStack's tests at v4.14.0, lambda_/test_lambda.py, test_invoke_exceptions."""
    functions = emulator.client("lambda")
    for qualifier, version in (({}, "$LATEST"), ({"Qualifier": "7"}, "7")):
        with pytest.raises(ClientError) as missing:
            functions.invoke(FunctionName="nope", **qualifier)
        arn = f"arn:aws:lambda:us-east-1:000000000000:function:nope:{version}"
        assert missing.value.response["Error"]["Message"] == f"Function not found: {arn}"


def test_a_layer_of_a_stack(emulator: Emulator, role: str) -> None:
    """A function of a template has the layer that the template makes."""
    s3, stack = emulator.client("s3"), Stack(emulator.client("cloudformation"))
    bucket = f"code-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="layer.zip", Body=_zip({"python/mine.py": "name = 'mine'"}))
    s3.put_object(Bucket=bucket, Key="code.zip", Body=ANYTHING)
    code = {"S3Bucket": bucket, "S3Key": "code.zip"}
    function = {
        **{"Runtime": "python3.13", "Handler": "handler.handler", "Role": role, "Code": code},
        "Layers": [{"Ref": "Layer"}],
    }
    content = {"S3Bucket": bucket, "S3Key": "layer.zip"}
    template = {
        "Resources": {
            "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": content}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
        }
    }
    try:
        assert stack.deploy(template) == "CREATE_COMPLETE"
        run = runner(emulator, stack.resource("Function"))
        assert run("import mine; result = mine.name").payload == "mine"
    finally:
        stack.delete()
        for key in ("layer.zip", "code.zip"):
            s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_bucket(Bucket=bucket)


def test_a_template_cannot_ask_for_what_is_not_emulated(emulator: Emulator, role: str) -> None:
    """A function of a template with EFS fails, and its event says why."""
    stack = Stack(emulator.client("cloudformation"))
    access_point = (
        "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0"
    )
    function = {
        **{"Runtime": "python3.13", "Handler": "index.handler", "Role": role},
        "Code": {"ZipFile": "def handler(event, context): pass"},
        "FileSystemConfigs": [{"Arn": access_point, "LocalMountPath": "/mnt/files"}],
    }
    resources = {"Function": {"Type": "AWS::Lambda::Function", "Properties": function}}
    try:
        assert stack.deploy({"Resources": resources}) == "ROLLBACK_COMPLETE"
        reasons = stack.reasons("CREATE_FAILED")
        assert any("FileSystemConfigs" in reason for reason in reasons), reasons
    finally:
        stack.delete()
