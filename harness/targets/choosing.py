"""Choice of the target that a command works with.

With `auto` that is the one that runs, or the one that can be started here, and the reason is said.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from harness.alive import OnProgress
from harness.problems import Problem
from harness.settings import Settings
from harness.targets.container import ComposeTarget
from harness.targets.embedded import EmbeddedTarget
from harness.targets.endpoint import EndpointTarget
from harness.targets.image import Unavailable
from harness.targets.target import Target

AUTO = "auto"
TARGETS: Mapping[str, Callable[[Settings], Target]] = {
    target.name: target for target in (EmbeddedTarget, ComposeTarget, EndpointTarget)
}


def choose_target(settings: Settings) -> Target:
    """The target that the settings name, or with `auto` the one that `up` has started.

    Where nothing runs that is the embedded one. Problem for a name that no target has.
    """
    if settings.target == AUTO:
        return next(iter(_running(settings)), EmbeddedTarget(settings))
    if settings.target not in TARGETS:
        raise Problem(
            f"There is no target {settings.target!r}.",
            f"Choose one of: {', '.join((AUTO, *TARGETS))}.",
        )
    return TARGETS[settings.target](settings)


def target_to_start(settings: Settings, on_progress: OnProgress) -> Target:
    """The target for a command that starts it; `on_progress` receives why that one was chosen.

    With `auto` that is the one that runs; else compose, where Docker and the image can be had; else
    embedded. Building the image may take minutes. Problem if it runs at another port than the one
    that a person has chosen.
    """
    target = _to_start(settings, on_progress)
    other_port = urlsplit(target.endpoint or "").port != settings.port
    chosen = target.name != EndpointTarget.name and settings.port_chosen and settings.port
    if chosen and other_port and target.status()["running"]:
        raise Problem(
            f"{target.name} runs already, at {target.endpoint}, not at port {settings.port}.",
            "Leave the port out to use that one; one of its own needs a folder of its own, "
            "--state FOLDER.",
        )
    return target


def _to_start(settings: Settings, on_progress: OnProgress) -> Target:
    if settings.target == ComposeTarget.name:
        return ComposeTarget(settings, on_progress)
    if settings.target != AUTO:
        return choose_target(settings)
    if running := _running(settings):
        return running[0]
    target = ComposeTarget(settings, on_progress)
    try:
        target.prepare()
    except Unavailable as reason:
        on_progress(f"embedded: chosen because Docker cannot be used here. {reason.happened}")
        return EmbeddedTarget(settings)
    on_progress("compose: chosen because Docker answers; TARGET=embedded does without it")
    return target


def targets_to_stop(settings: Settings) -> list[Target]:
    """The target that is named, or with `auto` all that `up` may have started."""
    return _local(settings) if settings.target == AUTO else [choose_target(settings)]


def _running(settings: Settings) -> list[Target]:
    """What there is of this state folder, well or not."""
    return [target for target in _local(settings) if target.status()["running"]]


def _local(settings: Settings) -> list[Target]:
    return [EmbeddedTarget(settings), ComposeTarget(settings)]
