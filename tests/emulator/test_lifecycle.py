"""The emulator's life: started, found again, stopped, and never left behind."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.polling import wait_until
from harness.problems import Problem
from harness.targets import emulator
from harness.targets.emulator import (
    EmulatorConfig,
    RunningEmulator,
    answers,
    start,
    status,
    stop,
)
from harness.targets.ports import choose_port
from harness.targets.state_folder import log_path
from tests.emulator.conftest import Emulator
from tests.emulator.functions import zipped

START_AND_STAY = """
import signal, sys
from pathlib import Path
from harness.targets.emulator import EmulatorConfig, start
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever `nohup` or a CI runner has made of it
running = start(
    EmulatorConfig(Path(sys.argv[1]), port=0, installation=Path(sys.argv[2])),
    background=sys.argv[3] == "background",
)
print("ready", flush=True)
if sys.argv[4] == "stay":
    sys.stdin.read()
"""

STUBBORN_FUNCTION = """
import signal, subprocess, time
def handler(event, context):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    time.sleep(600)
"""

StartParent = Callable[[str, str], subprocess.Popen[str]]


@pytest.fixture
def config(tmp_path: Path, installation: Path) -> Iterator[EmulatorConfig]:
    """An emulator of this test's own, stopped at the end."""
    config = EmulatorConfig(tmp_path / "state", port=0, installation=installation)
    yield config
    stop(config.state_dir)


@pytest.fixture
def start_parent(config: EmulatorConfig, project_root: Path) -> Iterator[StartParent]:
    """Run another process that starts the emulator, in the background or not, and stays or not."""
    parents = []

    def start_one(mode: str, then: str) -> subprocess.Popen[str]:
        parent = subprocess.Popen(
            [
                *(sys.executable, "-c", START_AND_STAY),
                *(str(config.state_dir), str(config.installation), mode, then),
            ],
            cwd=project_root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        parents.append(parent)
        return parent

    yield start_one
    for parent in parents:
        parent.kill()
        parent.communicate()


def gone(pid: int) -> bool:
    """Say whether the process has ended, be it that nobody has collected it yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(pid: int) -> None:
    wait_until(lambda: gone(pid), deadline_s=15, interval_s=0.05, describe=f"the end of {pid}")


def started_pid(config: EmulatorConfig) -> int:
    """Wait for the emulator's process to exist, which is well before it answers."""
    pid = wait_until(
        lambda: status(config.state_dir).pid,
        deadline_s=15,
        interval_s=0.01,
        describe="the emulator's process",
    )
    assert pid
    return pid


def test_the_emulator_answers_aws_requests(emulator: Emulator) -> None:
    """A started emulator serves the AWS API at its endpoint."""
    assert "Buckets" in emulator.client("s3").list_buckets()


def test_a_background_emulator_outlives_its_starter(
    config: EmulatorConfig, start_parent: StartParent
) -> None:
    """`up` ends and its terminal closes; the emulator goes on until it is stopped."""
    parent = start_parent("background", "leave")
    assert parent.wait() == 0
    assert status(config.state_dir).ready
    assert stop(config.state_dir)
    assert not status(config.state_dir).running


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGHUP, signal.SIGINT])
def test_an_interrupted_start_leaves_nothing(
    config: EmulatorConfig, start_parent: StartParent, end: signal.Signals
) -> None:
    """A start that is killed, loses its terminal or gets Ctrl-C takes its emulator along."""
    parent = start_parent("background", "leave")
    pid = started_pid(config)
    os.killpg(parent.pid, end)
    wait_until_gone(pid)
    assert not status(config.state_dir).running


def test_an_emulator_ends_with_a_killed_owner(
    config: EmulatorConfig, start_parent: StartParent
) -> None:
    """An emulator that was not sent to the background does not survive a SIGKILL of its owner."""
    parent = start_parent("foreground", "stay")
    assert parent.stdout
    assert parent.stdout.readline() == "ready\n"
    pid = started_pid(config)
    parent.kill()
    wait_until_gone(pid)


def test_a_half_finished_start_is_no_obstacle(
    config: EmulatorConfig, start_parent: StartParent
) -> None:
    """After a start that was killed half-way, the next one just works."""
    parent = start_parent("background", "leave")
    started_pid(config)
    parent.kill()
    with start(config, background=False) as running:
        assert not running.already_running
        assert status(config.state_dir).ready


def test_a_second_start_finds_the_first(config: EmulatorConfig) -> None:
    """Starting again says that it runs, and where."""
    first = start(config, background=True)
    second = start(config, background=True)
    assert second.already_running
    assert (second.pid, second.endpoint) == (first.pid, first.endpoint)


def test_simultaneous_starts_make_one_emulator(config: EmulatorConfig) -> None:
    """Of two starts at the same time one starts it and the other finds it."""
    found: list[RunningEmulator] = []
    threads = [
        threading.Thread(target=lambda: found.append(start(config, background=True)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(running.already_running for running in found) == [False, True]
    assert found[0].pid == found[1].pid


def test_simultaneous_starts_at_one_port_do_not_mistake_each_other(
    tmp_path: Path, installation: Path
) -> None:
    """Of two state folders one has the port; the other's start says who, and deploys nowhere."""
    port = choose_port(0)
    configs = [EmulatorConfig(tmp_path / name, port, installation) for name in ("one", "other")]
    started: list[RunningEmulator] = []
    refused: list[Problem] = []

    def start_one(config: EmulatorConfig) -> None:
        try:
            started.append(start(config, background=True))
        except Problem as problem:
            refused.append(problem)

    threads = [threading.Thread(target=start_one, args=(config,)) for config in configs]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [running.alive() for running in started] == [True]
        who = f"by an emulator (pid {started[0].pid}) whose files are in {started[0].state_dir}/"
        assert [f"Port {port} on 127.0.0.1 is already used {who}" in str(r) for r in refused] == [
            True
        ]
    finally:
        for config in configs:
            stop(config.state_dir)


def test_a_start_while_it_is_stopped_keeps_what_it_made(
    config: EmulatorConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`down` ends the emulator that it found, not the one that `up` starts before it is done."""
    start(config, background=True)
    end_process, again = emulator._stop_process, []

    def end_and_start_another(process: psutil.Process) -> None:
        end_process(process)
        again.append(start(config, background=True))

    monkeypatch.setattr(emulator, "_stop_process", end_and_start_another)
    assert stop(config.state_dir)
    monkeypatch.undo()
    assert status(config.state_dir).pid == again[0].pid
    Emulator(again[0]).client("s3").create_bucket(Bucket="photos")
    Emulator(again[0]).client("s3").put_object(Bucket="photos", Key="a.jpg", Body=b"picture")


def test_a_start_that_is_stopped_leaves_nothing(
    config: EmulatorConfig, start_parent: StartParent
) -> None:
    """`down` while `up` starts ends the emulator that is not ready yet, and leaves nothing."""
    parent = start_parent("background", "leave")
    pid = started_pid(config)
    assert stop(config.state_dir)
    assert gone(pid)
    assert parent.wait(timeout=60) != 0
    left = {path.name for path in (config.state_dir / "emulator").iterdir()}
    assert left == {"emulator.log", "start.lock"}


def test_a_stale_record_is_not_believed(config: EmulatorConfig) -> None:
    """A pid that the system has given to another process is neither taken for ours nor killed."""
    record = config.state_dir / "emulator" / "emulator.json"
    record.parent.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        record.write_text(json.dumps({"pid": other.pid, "port": 1, "started": 0.0}))
        assert not status(config.state_dir).running
        with start(config, background=False) as running:
            assert running.pid != other.pid
        record.write_text(json.dumps({"pid": other.pid, "port": 1, "started": 0.0}))
        assert not stop(config.state_dir)
        assert other.poll() is None
        other.communicate(b"\n")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}'])
def test_a_damaged_record_is_no_obstacle(config: EmulatorConfig, content: str) -> None:
    """A record that cannot be read means that nobody is known to run."""
    record = config.state_dir / "emulator" / "emulator.json"
    record.parent.mkdir(parents=True)
    record.write_text(content)
    assert not status(config.state_dir).running


def test_a_used_port_is_reported_with_its_user(config: EmulatorConfig) -> None:
    """A port that somebody listens on is named together with that program, and nothing starts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Problem) as caught:
            start(EmulatorConfig(config.state_dir, port, config.installation), background=True)
    assert f"Port {port}" in caught.value.happened
    assert f"(pid {os.getpid()})" in caught.value.happened
    assert not status(config.state_dir).running


def test_an_unusable_state_folder_is_reported(tmp_path: Path, installation: Path) -> None:
    """A state folder that cannot be made is one sentence with its path."""
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(Problem, match="cannot be written") as caught:
        start(EmulatorConfig(blocked, port=0, installation=installation), background=True)
    assert str(blocked) in caught.value.happened
    assert not status(blocked).running
    assert not stop(blocked)


def test_a_full_disk_is_reported(tmp_path: Path, installation: Path) -> None:
    """With less free space than it needs the emulator is not started."""
    config = EmulatorConfig(tmp_path, port=0, installation=installation, minimum_free_bytes=2**62)
    with pytest.raises(Problem, match="no disk space"):
        start(config, background=True)


def test_a_missing_installation_is_reported(tmp_path: Path) -> None:
    """Without the emulator's environment the remedy is to install it."""
    with pytest.raises(Problem, match="not installed"):
        start(EmulatorConfig(tmp_path, port=0), background=True)


def test_an_emulator_that_fails_to_start_shows_its_log(tmp_path: Path, installation: Path) -> None:
    """If the emulator ends while it starts, its last log lines and the log's path are shown."""
    config = EmulatorConfig(
        tmp_path,
        port=0,
        installation=installation,
        environment={"RUNTIME_COMPONENTS": "of-no-such-name"},
    )
    with pytest.raises(Problem, match="ended while it was starting") as caught:
        start(config, background=True)
    assert "of-no-such-name" in caught.value.details
    assert str(log_path(tmp_path)) in caught.value.remedy
    assert not status(tmp_path).running


def test_a_silent_emulator_is_given_up(tmp_path: Path, installation: Path) -> None:
    """An emulator that does not answer in time is ended and reported."""
    config = EmulatorConfig(tmp_path, port=0, installation=installation, ready_within_s=0.0)
    with pytest.raises(Problem, match="did not answer"):
        start(config, background=True)
    assert not status(tmp_path).running


def test_a_hanging_emulator_is_killed(
    config: EmulatorConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An emulator that does not heed SIGTERM is killed at the deadline."""
    monkeypatch.setattr(emulator, "STOP_DEADLINE_S", 0.5)
    running = start(config, background=True)
    os.kill(running.pid, signal.SIGSTOP)
    assert stop(config.state_dir)
    assert gone(running.pid)


def test_stopping_keeps_the_log_and_nothing_else(config: EmulatorConfig) -> None:
    """After a stop no process, no record and no data are left, but the log is."""
    running = start(config, background=True)
    assert stop(config.state_dir)
    assert gone(running.pid)
    left = {path.name for path in (config.state_dir / "emulator").iterdir()}
    assert left == {"emulator.log", "start.lock"}
    assert not stop(config.state_dir)


def test_what_it_writes_is_for_nobody_else(config: EmulatorConfig) -> None:
    """Objects, messages and the log are closed to other users, whatever the umask."""
    before = os.umask(0)
    try:
        running = start(config, background=True)
    finally:
        os.umask(before)
    s3 = Emulator(running).client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="private.jpg", Body=b"picture")

    below = [path for path in config.state_dir.rglob("*") if not path.is_symlink()]
    open_to_others = [path for path in below if path.stat().st_mode & 0o077]
    assert stat.S_IMODE(config.state_dir.stat().st_mode) == 0o700
    assert [path for path in open_to_others if path.parent == config.state_dir] == []
    assert [path for path in open_to_others if path.name == "emulator.log"] == []
    assert [path for path in open_to_others if "work" in path.parts and path.is_file()] == []


def test_a_state_folder_that_others_prepared_is_not_used(config: EmulatorConfig) -> None:
    """What is in it would be run, and its record says which process `stop` ends."""
    (config.state_dir / "emulator").mkdir(parents=True)
    (config.state_dir / "emulator").chmod(0o777)
    for use in (lambda: start(config, background=True), lambda: stop(config.state_dir)):
        with pytest.raises(Problem, match="Other users may write"):
            use()
    (config.state_dir / "emulator").chmod(0o700)


def test_a_killed_emulator_is_noticed(config: EmulatorConfig) -> None:
    """The status of an emulator that was killed from outside is that none runs."""
    with start(config, background=False) as running:
        assert running.alive()
        os.kill(running.pid, signal.SIGKILL)
        wait_until_gone(running.pid)
        assert not running.alive()
        assert not status(config.state_dir).running


def test_an_emulator_ends_with_its_folder(config: EmulatorConfig) -> None:
    """`git clean` removes the record by which `down` finds it: it would hold the port for ever."""
    running = start(config, background=True)
    Emulator(running).client("s3").create_bucket(Bucket="photos")
    shutil.rmtree(config.state_dir)
    wait_until(lambda: gone(running.pid), deadline_s=30, describe="the end of the emulator")
    assert not answers(running.port)


def test_the_persons_environment_stays_outside(
    config: EmulatorConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials, profiles, proxies and Python settings do not reach the emulator."""
    foreign = {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_PROFILE": "production",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "PYTHONPATH": "/nowhere",
        "LOCALSTACK_API_KEY": "secret",
    }
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)
    with start(config, background=False) as running:
        given = psutil.Process(running.pid).environ()
    assert not foreign.keys() & given.keys()
    assert not any(value in given.values() for value in foreign.values())


def invoke_stubborn_function(emulator: Emulator) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
    role = emulator.client("iam").create_role(
        RoleName="stubborn", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]["Arn"]
    functions = emulator.client("lambda")
    functions.create_function(
        FunctionName="stubborn",
        Role=role,
        Runtime="python3.13",
        Handler="handler.handler",
        Timeout=900,
        Code={"ZipFile": zipped(STUBBORN_FUNCTION)},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="stubborn")
    functions.invoke(FunctionName="stubborn", InvocationType="Event")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_functions_end_with_the_emulator(config: EmulatorConfig, end: str) -> None:
    """Whichever way the emulator ends, a function at work ends too, with all that it started."""
    with start(config, background=False) as running:
        process = psutil.Process(running.pid)
        invoke_stubborn_function(Emulator(running))
        sleeping = wait_until(
            lambda: [each for each in process.children(recursive=True) if each.name() == "sleep"],
            deadline_s=30,
            describe="the function's own child",
        )
        family = [*process.children(recursive=True), *sleeping]
        if end == "stop":
            running.stop()
        else:
            process.kill()
        for member in family:
            wait_until_gone(member.pid)
