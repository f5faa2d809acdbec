"""What editors run and attach to, by their files in the checkout, is there."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("file", sorted(_ROOT.glob(".run/*.xml")), ids=lambda file: file.stem)
def test_pycharm_runs_a_command_of_the_harness(file: Path) -> None:
    """With the checkout's Python, in its folder."""
    options = {
        each.get("name"): str(each.get("value")) for each in ElementTree.parse(file).iter("option")
    }
    assert options["SDK_HOME"] == "$PROJECT_DIR$/.venv/bin/python"
    assert (options["MODULE_MODE"], options["WORKING_DIRECTORY"]) == ("true", "$PROJECT_DIR$")
    command = (options["INTERPRETER_OPTIONS"], "-m", options["SCRIPT_NAME"])
    arguments = (*options["PARAMETERS"].split(), "--help")
    subprocess.run([sys.executable, *command, *arguments], cwd=_ROOT, check=True)


def test_vs_code_maps_every_function_with_sources_of_its_own() -> None:
    """What is at /var/task is where a person sets breakpoints."""
    launch = json.loads((_ROOT / ".vscode" / "launch.json").read_text(encoding="utf-8"))
    for each in launch["configurations"]:
        [mapping] = each["pathMappings"]
        local = mapping["localRoot"].replace("${workspaceFolder}", str(_ROOT))
        assert (Path(local, "handler.py").is_file(), mapping["remoteRoot"]) == (True, "/var/task")
