"""The distributions, built and installed where there is no checkout."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from harness.targets.ports import choose_port
from tests.conftest import SURROUNDINGS

ENDED_S = 300.0
HANDLER = """
import importlib.util
import boto3

def handler(event, context):
    names = ("localstack", "localstack_parity", "moto", "PIL")
    return [boto3.__name__, [name for name in names if importlib.util.find_spec(name)]]
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

Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def wheels(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels."""
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run(  # without `dev`, which could install anew what these tests run on
        ["make", "--silent", "--old-file", "dev", "wheels", f"WHEELS={folder}"],
        cwd=project_root,
        env=SURROUNDINGS,
        check=True,
    )
    return folder


def _uv(project_root: Path, *arguments: str | Path) -> None:
    """Run the uv of the checkout, with the person's proxies."""
    subprocess.run([project_root / ".venv/bin/uv", *arguments], env=SURROUNDINGS, check=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is in no checkout."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def parity(project_root: Path, wheels: Path, place: Path) -> Iterator[Callable[..., Run]]:
    """Run `localstack-parity ARGUMENTS`, installed with all that its metadata requires."""
    environment = place / "environment"
    python = environment / "bin" / "python"
    found = [*wheels.glob("tapstack_*.whl"), *wheels.glob("localstack_parity-*.whl")]
    _uv(project_root, "venv", "--quiet", "--python", sys.executable, environment)
    _uv(project_root, "pip", "install", "--quiet", "--python", python, *found)

    def run(*arguments: str) -> Run:
        return subprocess.run(
            [environment / "bin" / "localstack-parity", *arguments],
            cwd=place,
            env={"PATH": os.defpath, "HOME": str(place), "XDG_STATE_HOME": str(place / "state")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ENDED_S,
            check=False,
        )

    yield run
    run("stop")


@pytest.fixture(scope="module")
def endpoint(parity: Callable[..., Run]) -> str:
    """An emulator in the background."""
    port = choose_port(0)
    started = parity("start", "--detach", "--port", str(port))
    assert started.returncode == 0, started.stderr
    address = f"http://127.0.0.1:{port}"
    assert started.stdout.startswith(address)
    return address


@pytest.fixture(scope="module")
def client(endpoint: str) -> Callable[[str], Any]:
    """Make a client of a service."""
    return lambda service: boto3.client(
        service,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )


def test_it_says_that_nothing_runs(parity: Callable[..., Run]) -> None:
    nowhere = parity("status", "--state", "elsewhere")
    assert (nowhere.returncode, nowhere.stdout) == (3, "not running\n")
    assert parity("stop", "--state", "elsewhere").returncode == 0


def test_it_stores_objects(client: Callable[[str], Any]) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="cat", Body=b"meow")
    assert s3.get_object(Bucket="photos", Key="cat")["Body"].read() == b"meow"


def test_functions_run_on_a_python_of_their_own(client: Callable[[str], Any]) -> None:
    """Made of the emulator's, with boto3 and nothing else of what is installed beside it."""
    role = client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", HANDLER)
    functions = client("lambda")
    functions.create_function(
        FunctionName="app",
        Runtime="python3.13",
        Handler="handler.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": package.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="app", WaiterConfig={"Delay": 1})
    answer = functions.invoke(FunctionName="app")
    assert json.load(answer["Payload"]) == ["boto3", []]


def test_its_state_is_kept_in_a_file(
    parity: Callable[..., Run], client: Callable[[str], Any]
) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="kept")
    saved = parity("state", "save", "mine")
    assert (saved.returncode, saved.stdout.split()[:1]) == (0, ["mine"]), saved.stderr
    assert parity("state", "list").stdout.startswith("mine  ")
    assert parity("state", "reset").stdout == "empty\n"
    assert s3.list_buckets()["Buckets"] == []
    assert parity("state", "load", "mine").stdout == "mine is loaded\n"
    assert "kept" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    for name, said in (("other", "There is no state other"), ("../x", "is no name for a state")):
        refused = parity("state", "load", name)
        assert (refused.returncode, said in refused.stderr) == (2, True)
        assert len(refused.stderr.splitlines()) == 1


def test_what_cannot_be_started_is_refused(parity: Callable[..., Run], endpoint: str) -> None:
    """A second one in the same folder, and one on a port that is taken."""
    port = endpoint.rpartition(":")[2]
    assert parity("status").stdout.startswith(f"{endpoint}  answers")
    for arguments, said in (
        (("--port", "4"), "runs already"),
        (("--port", port, "--state", "other"), f"Port {port} of 127.0.0.1 cannot be used"),
        (("--state", "/tmp"), "name a folder of your own"),
    ):
        result = parity("start", *arguments)
        assert result.returncode == 2
        assert said in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_it_is_stopped(parity: Callable[..., Run], place: Path) -> None:
    """Nothing answers, and only the log and saved states stay."""
    there = ("--state", "stopped")
    started = parity("start", "--detach", "--port", str(choose_port(0)), *there)
    assert started.returncode == 0, started.stderr
    assert parity("state", "save", "mine", *there).returncode == 0
    assert parity("stop", *there).stdout == "stopped\n"
    assert parity("status", *there).returncode == 3
    left = sorted(file.name for file in (place / "stopped").iterdir())
    assert left == ["emulator.log", "states"]


TESTS = """
import json, os, subprocess, sys
import pytest

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
    "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]})

@pytest.mark.parametrize("turn", range(3))
def test_nothing_is_left_by_another(localstack_parity, turn):
    iam = localstack_parity.client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["app"]

def test_a_process_reaches_it(localstack_parity):
    localstack_parity.client("s3").create_bucket(Bucket="photos")
    look = "import boto3; print(boto3.client('s3').list_buckets()['Buckets'][0]['Name'])"
    surroundings = {**os.environ, **localstack_parity.environment}
    found = subprocess.run([sys.executable, "-c", look], env=surroundings, capture_output=True)
    assert found.stdout == b"photos\\n"

def test_which_emulator(localstack_parity_session):
    print("EMULATOR", localstack_parity_session.endpoint)
"""


def test_a_project_tests_with_fixtures(
    project_root: Path, parity: Callable[..., Run], place: Path
) -> None:
    """Each worker of pytest-xdist has an emulator, each test finds it empty, and none stays."""
    python = place / "environment" / "bin" / "python"
    lock = project_root / "requirements-dev.lock"
    packages = ("pytest", "pytest-xdist")
    _uv(project_root, "pip", "install", "-q", "--python", python, "-c", lock, *packages)
    (place / "test_project.py").write_text(TESTS)
    ran = subprocess.run(
        [python, "-m", "pytest", "-n", "2", "-q", "-rP", "-p", "no:cacheprovider"],
        cwd=place,
        env={"PATH": os.defpath, "HOME": str(place)},
        capture_output=True,
        text=True,
        timeout=ENDED_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 passed" in ran.stdout
    for endpoint in re.findall(r"EMULATOR http://127.0.0.1:([0-9]+)", ran.stdout):
        assert choose_port(int(endpoint)) == int(endpoint), "it still listens"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for a project, in no checkout."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def tapstack(
    project_root: Path, wheels: Path, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Run]]:
    """Run `tapstack ARGUMENTS` in that folder, installed from its wheel."""
    home = tmp_path_factory.mktemp("home")
    python, lock = home / "environment" / "bin" / "python", project_root / "requirements.lock"
    _uv(project_root, "venv", "--quiet", "--python", sys.executable, home / "environment")
    into = ("--quiet", "--python", python, "--constraint", lock)
    _uv(project_root, "pip", "install", *into, *wheels.glob("tapstack*.whl"))
    variables = {"XDG_DATA_HOME": str(home / "data"), "TARGET": "embedded", "TAPSTACK_PORT": "0"}

    def run(*arguments: str) -> Run:
        return subprocess.run(
            [home / "environment" / "bin" / "tapstack", *arguments],
            cwd=project,
            env={**SURROUNDINGS, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    run("down")


def test_without_a_project_it_says_how_to_begin_one(tapstack: Callable[..., Run]) -> None:
    assert re.match(r"tapstack \d\S*, LocalStack 4\.14\.0, ", tapstack("--version").stdout)
    result = tapstack("lint")
    assert result.returncode == 2
    assert "`tapstack init`" in result.stderr


@pytest.mark.timeout(1200)
def test_a_project_is_begun_and_deployed(tapstack: Callable[..., Run], project: Path) -> None:
    """With nothing of a checkout; the first `up` installs the emulator."""
    assert tapstack("init").returncode == 0
    assert sorted(file.name for file in project.iterdir()) == ["infra", "lambda"]
    again = tapstack("init")
    assert (again.returncode, len(again.stderr.splitlines())) == (2, 2)
    up = tapstack("up")
    assert up.returncode == 0, up.stderr
    assert json.loads(tapstack("status", "--json").stdout)["stack"]["outputs"]
    assert sorted(file.name for file in project.iterdir() if file.name[0] != ".") == [
        *("build", "infra", "lambda")
    ]
