"""A function sees what it would see on AWS, and nothing more."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.settings import Settings
from harness.targets.endpoint import EndpointTarget
from harness.targets.isolation import why_not_isolated
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for
from tests.emulator.invocations import ANYTHING, Run, runner


@pytest.fixture(scope="module")
def run(emulator: Emulator) -> Iterator[Run]:
    with (
        role_for(emulator) as role,
        function_of(emulator, ANYTHING, role, Environment={"Variables": {"OWN": "mine"}}) as arn,
    ):
        yield runner(emulator, arn)


def test_its_own_package_comes_first_on_the_path(run: Run) -> None:
    """The task root precedes the runtime's modules, as on AWS."""
    found = run("import sys, handler; result = [sys.path[0], handler.__file__]").payload

    assert found == ["/var/task", "/var/task/handler.py"]


@pytest.mark.parametrize("module", ["boto3", "botocore", "awslambdaric", "sqlite3", "zoneinfo"])
def test_it_has_the_standard_library_and_the_runtimes_modules(run: Run, module: str) -> None:
    """What AWS's runtime brings along can be imported."""
    assert run(f"import {module}; result = {module}.__name__").payload == module


@pytest.mark.parametrize("module", ["localstack", "localstack_parity", "moto", "plux", "PIL"])
def test_modules_of_the_emulator_cannot_be_imported(run: Run, module: str) -> None:
    """A dependency that the package does not declare is missing here as it is on AWS."""
    assert run(f"import {module}").payload["errorType"] == "ModuleNotFoundError"


def test_the_emulator_says_that_it_is_isolated(run: Run, emulator: Emulator) -> None:
    """Who runs scenarios asks, and reports where it is not."""
    assert why_not_isolated(EndpointTarget(Settings(endpoint=emulator.endpoint))) == ""


def test_its_environment_is_made_from_nothing(run: Run) -> None:
    """It has AWS's variables, its own and the endpoint; none of the emulator's or the person's."""
    variables = run("import os; result = dict(os.environ)").payload

    assert variables["OWN"] == "mine"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "us-east-1"
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert variables["LAMBDA_TASK_ROOT"] == variables["PWD"] == "/var/task"
    assert variables["TZ"] == ":UTC"
    assert variables["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert variables["AWS_SESSION_TOKEN"]
    assert variables["_X_AMZN_TRACE_ID"].startswith("Root=")
    # Recorded in LocalStack's tests, test_lambda_common.py::test_introspection_invoke, v4.14.0.
    assert variables["PATH"] == "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"
    assert variables["LD_LIBRARY_PATH"] == (
        "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
        "/var/task:/var/task/lib:/opt/lib"
    )
    theirs = [
        name
        for name in variables
        if name.startswith(("LOCALSTACK", "TAPSTACK", "EDGE_")) or name in ("HOME", "USER")
    ]
    assert not theirs


def test_its_credentials_are_those_of_its_role(run: Run) -> None:
    """A client made without arguments acts as the function's role."""
    identity = run(
        "import boto3; result = boto3.client('sts').get_caller_identity()['Arn']"
    ).payload

    assert ":assumed-role/role-" in identity


def test_the_persons_files_are_out_of_sight(run: Run, project_root: Path) -> None:
    """Neither the home folder's AWS settings nor the checkout can be read."""
    home = Path.home()
    outside = [str(home / ".aws"), str(home / ".ssh"), str(project_root / "README.md")]
    code = f"import os; result = [p for p in {outside!r} if os.path.exists(p)]"

    assert run(code).payload == []


def test_other_processes_are_out_of_sight(run: Run) -> None:
    """It sees its own processes only, so it cannot see or signal the emulator."""
    own = run("import os; result = [int(p) for p in os.listdir('/proc') if p.isdigit()]").payload

    assert os.getpid() not in own
    assert len(own) == 2


@pytest.mark.parametrize("folder", ["/var/task", "/", "/etc", "/var/runtime", "/var/lang"])
def test_only_tmp_can_be_written_to(run: Run, folder: str) -> None:
    """Everything but /tmp is read-only, even for a privileged user."""
    answer = run(f"open('{folder}/new', 'w')").payload

    assert answer["errorType"] == "OSError"
    assert "Read-only file system" in answer["errorMessage"]


def test_tmp_is_its_own(run: Run) -> None:
    """The function starts with an empty /tmp, and what it writes there appears nowhere outside."""
    code = (
        "import os, pathlib; result = os.listdir('/tmp'); pathlib.Path('/tmp/only-inside').touch()"
    )

    assert run(code).payload == []
    assert not Path("/tmp/only-inside").exists()


# Ask a Runtime API for the next event, answer one in the function's name; then read what it says.
ASK = """
import builtins, socket
builtins.asked = []
for line in ('GET %s/next', 'POST %s/x/response'):
    line = line % '/2018-06-01/runtime/invocation' + ' HTTP/1.1\\r\\nContent-Length: 0\\r\\n\\r\\n'
    host, port = address.split(':')
    connection = socket.create_connection((host, int(port)))
    connection.sendall(line.encode())
    builtins.asked.append(connection)
"""
LISTEN = """
import builtins
result = []
for connection in builtins.asked:
    connection.settimeout(20)
    try: result.append(connection.recv(1000).decode())
    except ConnectionError: result.append('')
    connection.close()
"""


def test_its_runtime_api_is_for_nobody_else(run: Run, emulator: Emulator) -> None:
    """Neither another process of the machine nor another function gets an event or answers one."""
    address = run("import os; result = os.environ['AWS_LAMBDA_RUNTIME_API']").payload
    here = {"address": address}
    with role_for(emulator) as role, function_of(emulator, ANYTHING, role, Timeout=60) as arn:
        other = runner(emulator, arn)
        exec(ASK, here)
        other(f"address = {address!r}\n{ASK}")

        assert run("result = 'its own'").payload == "its own"

        exec(LISTEN, here)
        assert here["result"] == ["", ""]
        assert other(LISTEN).payload == ["", ""]


# The way out of a chroot for who may call chroot: a root below the root leaves the working folder
# above it.
OUT_OF_A_CHROOT = """
import os
steps = []
def attempt(step):
    try: step(); steps.append('done')
    except OSError as error: steps.append(type(error).__name__)
os.makedirs('/tmp/below', exist_ok=True)
top = os.open('/', os.O_RDONLY)
attempt(lambda: os.chroot('/tmp/below'))
os.fchdir(top)
for _ in range(64): os.chdir('..')
attempt(lambda: os.chroot('.'))
result = {'steps': steps, 'found': [each for each in %r if os.path.exists(each)]}
os.chdir('/var/task')
"""


def test_root_does_not_leave_its_root(run: Run, project_root: Path) -> None:
    """Whoever the emulator runs as: the known way out of a chroot leads nowhere."""
    outside = [str(project_root / "README.md"), "/boot", "/var/log", "/etc/shadow"]

    answer = run(OUT_OF_A_CHROOT % outside).payload

    assert answer == {"steps": ["PermissionError"] * 2, "found": []}


def test_it_has_no_privileges(run: Run) -> None:
    """No capability, none to be had, and none by running a program of another user."""
    code = """
    status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
    result = [status[name].strip("0") for name in ("CapEff", "CapPrm", "CapInh", "CapBnd")]
    result.append(status["NoNewPrivs"])
    """
    assert run(code).payload == ["", "", "", "", "1"]


@pytest.mark.parametrize(
    "path", ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/power/state"]
)
def test_the_kernels_settings_cannot_be_changed(run: Run, path: str) -> None:
    """Root owns them, whatever its capabilities."""
    code = f"import os; result = os.path.exists({path!r}) and os.access({path!r}, os.W_OK)"

    assert run(code).payload is False


def test_devices_and_keys_of_the_machine_are_out_of_sight(run: Run) -> None:
    """Of /dev and /etc it has what programs need."""
    code = """
    import os
    open('/dev/null', 'w').write('x')
    print(open('/dev/urandom', 'rb').read(1), file=open('/dev/stdout', 'w'))
    keys = ['/etc/ssl/private', '/etc/shadow', '/etc/ssh']
    result = [sorted(os.listdir('/dev')), [key for key in keys if os.path.exists(key)]]
    """
    devices = ["fd", "full", "null", "random", "stderr", "stdin", "stdout", "urandom", "zero"]

    assert run(code).payload == [devices, []]


def test_its_files_have_the_usual_modes(run: Run) -> None:
    """The emulator keeps its own files to itself; a function's umask is that of AWS."""
    code = "import os; open('/tmp/mode', 'w'); result = oct(os.stat('/tmp/mode').st_mode & 0o777)"

    assert run(code).payload == "0o644"


def test_the_working_folder_is_the_task_root(run: Run) -> None:
    """Relative paths lead into the package."""
    assert run("import os; result = os.getcwd()").payload == "/var/task"


def test_text_is_utf_8(run: Run) -> None:
    """Files and output have UTF-8 as their default encoding, as AWS's locale gives them."""
    code = """
    import sys
    with open('/tmp/text', 'w') as file: result = [file.encoding, sys.stdout.encoding]
    """

    assert [name.lower() for name in run(code).payload] == ["utf-8", "utf-8"]
