"""All that the emulator holds, saved to a file and loaded from one."""

import logging
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from localstack import config
from localstack.constants import VERSION
from localstack.services.s3.models import S3Object, S3Part, s3_stores

from localstack_parity.cloudwatch.database import MetricDatabase
from localstack_parity.state import files, pickles, reset, services
from localstack_parity.state.files import Saved, Unusable
from localstack_parity.state.parts import PARTS
from localstack_parity.state.traffic import TRAFFIC

LOG = logging.getLogger(__name__)

FOLDER_VARIABLE = "TAPSTACK_SAVED_STATES"
_PATIENCE_S = 10.0
# Grows whenever what is held is kept in another form, so that no state is read as what it is not.
_CONTENT = 5
_PICKLE, _METRICS, _OBJECTS = "state.pickle", "metrics.db", "objects"


def folder() -> Path:
    """Return where states are kept. Raises Unusable where no folder is set."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    if work := os.environ.get("TAPSTACK_EMULATOR_STATE"):
        return Path(work).parent / "states"
    raise Unusable("No folder for saved states is set.", f"Name one in {FOLDER_VARIABLE}.")


def listed() -> list[Saved]:
    """Return what was saved, by name."""
    return files.listed(folder())


def save(name: str) -> Saved:
    """Save everything under a name.

    Raises Unusable, Busy, or OSError: then nothing has changed.
    """
    files.check_name(name)
    with TRAFFIC.held(reset.flush, _PATIENCE_S):
        if unknown := services.unknown():
            raise Unusable(
                f"What {', '.join(unknown)} holds cannot be saved, and it has been used.",
                "Reset, and do without it.",
            )
        names = services.used()
        services.tell("on_before_state_save", names)
        try:
            data = _pickled(names)
            about = _about(names)
            size = files.write(folder(), name, about, lambda archive: _fill(archive, data))
        finally:
            services.tell("on_after_state_save", names)
    return Saved(name, size, about)


def load(name: str) -> Saved:
    """Have the emulator hold what a state holds, and nothing else; return what it says of itself.

    Raises Unusable or Busy, with nothing changed; or Unusable with an empty emulator, and says so.
    """
    with files.opened(folder(), name) as (saved, archive):
        about = saved.about
        _check(name, about)
        with tempfile.TemporaryDirectory() as place:
            archive.extractall(place, filter="data")
            services.load(about["services"])
            try:
                held = pickles.loads(Path(place, _PICKLE).read_bytes())
            except Exception as error:
                raise Unusable(f"The state {name} cannot be read: {error!r}.") from error
            with TRAFFIC.held(reset.flush, _PATIENCE_S):
                reset.clear()
                try:
                    _put(held, about["services"], Path(place))
                except Exception as error:
                    LOG.exception("The state %s could not be loaded", name)
                    reset.clear()
                    raise Unusable(
                        f"The state {name} could not be loaded: {error!r}.",
                        "The emulator is empty now.",
                    ) from error
    return saved


def _pickled(names: list[str]) -> bytes:
    stores = services.stores(names)
    held = {
        "stores": {key: services.content(container) for key, container in stores.items()},
        "parts": {part.name: part.take() for part in PARTS},
    }
    try:
        return pickles.dumps(held)
    except Exception as error:
        LOG.exception("The state cannot be saved")
        raise Unusable(f"Something that is held cannot be saved: {error}.") from error


def _about(names: list[str]) -> dict[str, Any]:
    # Loaded with the service: its modules are a quarter of those of a start.
    from localstack.services.cloudformation.stores import cloudformation_stores

    stacks = [
        stack.stack_name
        for _, _, store in cloudformation_stores.iter_stores()
        for stack in store.stacks_v2.values()
        if stack.status != "DELETE_COMPLETE"
    ]
    return {
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
        **_versions(),
        "content": _CONTENT,
        "port": _port(),
        "services": [each for each in services.SERVICES if each in names],
        "stacks": sorted(stacks),
        "objects": sum(1 for _ in _owners()),
    }


def _port() -> int:
    return int(config.GATEWAY_LISTEN[0].port)


def _versions() -> dict[str, str]:
    return {"localstack": VERSION, "localstack-parity": version("localstack-parity")}


def _check(name: str, about: dict[str, Any]) -> None:
    if about.get("port") != _port():
        raise Unusable(
            f"The state {name} was saved at port {about.get('port')}, where the addresses in it "
            f"lead, and this is port {_port()}.",
            "Start the emulator at that port.",
        )
    for what, here in _versions().items():
        if about.get(what) != here:
            raise Unusable(
                f"The state {name} was saved by {what} {about.get(what)}, and this is {here}.",
                "Deploy anew, and save again.",
            )
    if about.get("content", 1) != _CONTENT:
        raise Unusable(
            f"The state {name} was saved by another commit of localstack-parity, which kept it in "
            "another form.",
            "Deploy anew, and save again.",
        )


def _fill(archive: tarfile.TarFile, data: bytes) -> None:
    files.add(archive, _PICKLE, data)
    if services.provider("cloudwatch"):
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place, _METRICS)
            with (
                closing(sqlite3.connect(MetricDatabase.METRICS_DB)) as now,
                closing(sqlite3.connect(copy)) as kept,
            ):
                now.backup(kept)
            archive.add(copy, _METRICS)
    if s3 := services.provider("s3"):
        for owner in _owners():
            if path := s3.objects.path_of(owner):
                archive.add(path, f"{_OBJECTS}/{path.parent.name}/{path.name}")


def _put(held: dict[str, Any], names: list[str], place: Path) -> None:
    services.tell("on_before_state_load", names)
    for key, content in held["stores"].items():
        services.put(key, content)
    if (place / _METRICS).exists():
        shutil.copyfile(place / _METRICS, MetricDatabase.METRICS_DB)
    if s3 := services.provider("s3"):
        s3.objects.take_over(place / _OBJECTS, _owners())
    services.tell("on_after_state_load", names)
    for part in PARTS:
        part.put(held["parts"][part.name])


def _owners() -> Iterator[S3Object | S3Part]:
    """Whatever in S3 has a file of its own: versions of objects, and parts of uploads."""
    for _, _, store in s3_stores.iter_stores():
        for bucket in store.buckets.values():
            yield from bucket.objects.values(with_versions=True)
            for upload in bucket.multiparts.values():
                yield upload.object
                yield from upload.parts.values()
