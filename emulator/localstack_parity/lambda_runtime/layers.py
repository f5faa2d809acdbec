"""Layers: what a function may not have in them here or on AWS, and those that are not here at all.

Their content is put together in folders.py and shown as /opt. Sources: AWS Lambda Developer Guide,
"Managing Lambda dependencies with layers", "Lambda quotas" and "Using the Lambda Extensions API".
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_.layerfetcher.layer_fetcher import LayerFetcher

from localstack_parity.lambda_runtime.interpreter import LAYERS, Unsupported

MAX_UNZIPPED_BYTES = 262_144_000


class NoForeignLayers(LayerFetcher):
    """Stands where LocalStack would download the layers of other accounts from AWS."""

    def fetch_layer(self, layer_version_arn: str) -> NoReturn:
        """Say that a layer is not here, and what to do."""
        raise InvalidParameterValueException(
            f"Layer version {layer_version_arn} belongs to another account on AWS, which the "
            "emulator does not reach: publish its content as a layer of this account.",
            Type="User",
        )


def check(package: Path, content: Path) -> None:
    """Raise Unsupported for layers that AWS, or this machine, would not run a function with."""
    size = _size(package) + _size(content)
    if size > MAX_UNZIPPED_BYTES:
        raise Unsupported(
            "Function code combined with layers exceeds the maximum allowed size of "
            f"{MAX_UNZIPPED_BYTES} bytes. The actual size is {size} bytes."
        )
    if extensions := sorted(_extensions(content)):
        raise Unsupported(
            f"{LAYERS}/{extensions[0]} is a Lambda extension, and extensions are not "
            "emulated here: leave its layer out."
        )


def _extensions(content: Path) -> Iterator[str]:
    """Yield what Lambda would start. No link is followed: it leads where the function cannot."""
    folder = content / "extensions"
    if folder.is_symlink():
        yield folder.name
    elif folder.is_dir():
        yield from (f"{folder.name}/{each.name}" for each in folder.iterdir())


def _size(folder: Path) -> int:
    return sum(
        each.lstat().st_size for each in folder.rglob("*") if each.is_symlink() or not each.is_dir()
    )
