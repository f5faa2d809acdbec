"""The emulator's own failure: it is killed as by a crash, and started again without its state."""

import psutil

from harness.polling import stretched, wait_until
from harness.targets.container import ComposeTarget
from harness.targets.image import docker
from harness.targets.target import Target

_DEATH_S = 10.0
_REVIVAL_S = 60.0


def kill(target: Target) -> None:
    """End the emulator as a crash does: nothing of it gets to say anything."""
    status = target.status()
    if target.name == ComposeTarget.name:
        docker("kill", str(status["container"]))
        return
    process = psutil.Process(int(status["pid"] or 0))
    process.kill()
    process.wait(stretched(_DEATH_S))


def revive(target: Target) -> None:
    """Start it again, at the same address. What it held is gone."""
    container = target.status().get("container")
    if container:
        docker("start", str(container))
        wait_until(target.running, deadline_s=_REVIVAL_S, describe="the container to answer")
    else:
        target.stop()
        target.start(background=False)
