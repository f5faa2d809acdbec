"""What the wheel requires: exactly what the locks have, for newer releases break LocalStack 4.14.0.

The emulator's own packages, those that its functions find on AWS, and the libraries beside it.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LOCKS = ("requirements.lock", "runtime/requirements.lock")  # the first of two pins counts
LIBRARIES = ("tapstack-cloudwatch-widgets[png]", "tapstack-iam-policies", "tapstack-threaded-http")


class PinnedDependencies(MetadataHookInterface):
    """The field `dependencies` of the metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill it in."""
        pins: dict[str, str] = {}
        for lock in LOCKS:
            for name, version in re.findall(
                r"^([\w.-]+)==([^ ;\\]+)", (Path(self.root) / lock).read_text(), re.MULTILINE
            ):
                pins.setdefault(name, version)
        metadata["dependencies"] = [
            *(f"{name}=={metadata['version']}" for name in LIBRARIES),
            *(f"{name}=={version}" for name, version in pins.items()),
        ]
