"""What the rules about packages find in a function's code, and what they leave alone."""

import struct
from pathlib import Path

import pytest

from tests.unit.lint.conftest import Judge

HANDLER = "def handler(event, context):\n    return event\n"


def test_a_sound_package_has_no_finding(judge: Judge) -> None:
    """Standard library, boto3, own modules and what is in the package can all be imported."""
    code = (
        "import json, os\nimport boto3\nfrom typing import TYPE_CHECKING\n"
        "from helper import double\nimport helper\nimport thirdparty.deep\n"
        "if TYPE_CHECKING:\n    from mypy_boto3_s3 import S3Client\n"
        "try:\n    import ujson\nexcept ImportError:\n    ujson = json\n"
        "BUCKET = os.environ['BUCKET']\nREGION = os.environ['AWS_REGION']\n" + HANDLER
    )
    found = judge(
        app_dot_py=code,
        helper_dot_py="def double(x):\n    return 2 * x\n",
        thirdparty__deep_dot_py="",
    )
    assert found == []


def test_nothing_at_the_path(judge: Judge) -> None:
    """`Code:` leads nowhere."""
    assert judge()[0].startswith("E9211 There is nothing at ./code")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({"main_dot_py": HANDLER}, "E9212 The package has no module app", id="module"),
        pytest.param(
            {"app_dot_py": "def main(): ...\n"},
            "E9212 The module app has no handler",
            id="function",
        ),
        pytest.param(
            {"app_dot_py": "def handler(:\n"}, "E9213 app.py:1: invalid syntax", id="syntax"
        ),
        pytest.param(
            {"app_dot_py": f"import requests\n{HANDLER}"},
            "E9214 app.py:1: the package has no requests",
            id="import",
        ),
        pytest.param(
            {
                "app_dot_py": f"from helper import half\n{HANDLER}",
                "helper_dot_py": "def double(): ...",
            },
            "E9214 app.py:1: helper has no half",
            id="name",
        ),
        pytest.param(
            {"app_dot_py": f"import helper\n{HANDLER}", "helper_dot_py": "import numpy\n"},
            "E9214 helper.py:1: the package has no numpy",
            id="import of an import",
        ),
        pytest.param(
            {
                "app_dot_py": HANDLER,
                "pillow-1.0.dist-info/METADATA": "Name: pillow\nRequires-Dist: defusedxml>=1\n",
            },
            "E9214 pillow needs defusedxml, which the package lacks",
            id="requirement",
        ),
        pytest.param(
            {"app_dot_py": f"import os\nTOPIC = os.environ['TOPIC']\n{HANDLER}"},
            "E9217 app.py:2 reads TOPIC, which the template does not set",
            id="variable",
        ),
        pytest.param(
            {
                "app_dot_py": "import boto3\ns3 = boto3.client('s3')\n"
                "def handler(event, context):\n    s3.fetch_object(Bucket='b')\n"
            },
            "E9218 app.py:4: no s3.fetch_object in boto3",
            id="method",
        ),
    ],
)
def test_code_that_would_fail(judge: Judge, files: dict[str, str], message: str) -> None:
    """What Lambda would answer with an ImportError, KeyError or AttributeError is found."""
    assert message in judge(**files)


def test_code_of_a_later_python(judge: Judge) -> None:
    """A statement that the runtime's Python does not have."""
    found = judge("python3.11", app_dot_py=f"type Key = str\n{HANDLER}")
    assert found[0].startswith("E9213 app.py:1: Type statement is only supported in Python 3.12")


@pytest.mark.parametrize(
    ("name", "machine", "rule"),
    [
        ("_imaging.cpython-313-aarch64-linux-gnu.so", 183, "E9216"),
        ("_imaging.cpython-312-x86_64-linux-gnu.so", 62, "E9216"),
        ("_imaging.cpython-313-x86_64-linux-gnu.so", 62, None),
    ],
)
def test_a_module_compiled_for_another_machine_is_found(
    judge: Judge, name: str, machine: int, rule: str | None
) -> None:
    """Those for another processor or another Python are found."""
    elf = b"\x7fELF" + bytes(14) + struct.pack("<H", machine)
    found = judge(**{"app_dot_py": HANDLER, name: elf})
    assert [finding.split()[0] for finding in found] == ([rule] if rule else [])


def test_a_package_that_is_too_large(judge: Judge, tmp_path: Path) -> None:
    """Lambda takes 250 MB unzipped (a file with a hole is as large as it says)."""
    (tmp_path / "code").mkdir()
    with (tmp_path / "code" / "model.bin").open("wb") as model:
        model.truncate(263_000_000)
    assert judge(app_dot_py=HANDLER) == ["E9215 263 MB unzipped; Lambda takes 250 MB"]


def test_a_package_that_cannot_be_judged(judge: Judge) -> None:
    """Other languages are not passed over in silence."""
    found = judge("nodejs22.x", index_dot_js="exports.handler = async () => {}")
    assert found == ["W9219 Packages for nodejs22.x are not judged here"]
