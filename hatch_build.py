"""What the harness's wheel brings beside its code: the project, as a checkout has it.

It stands in `harness/project`, from where harness/settings.py takes it where there is no checkout.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONTENTS = (
    *(".dockerignore", "docker-compose.yml", "pyproject.toml", "infra", "lambda"),
    *("emulator/Dockerfile", "emulator/FIDELITY.md", "emulator/localstack_parity"),
    *("emulator/hatch_build.py", "emulator/pyproject.toml", "emulator/installer.lock"),
    *("emulator/requirements.lock", "emulator/runtime", "libraries"),
)


class Contents(BuildHookInterface[Any]):
    """Adds the files to a wheel; an editable installation has the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say what is added, and where."""
        if version == "standard":
            files = {str(Path(self.root) / one): f"harness/project/{one}" for one in CONTENTS}
            build_data["force_include"].update(files)
