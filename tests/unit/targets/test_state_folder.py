"""The state folder, where its disk has no room left."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# What is mounted in a namespace of its own is gone with the process.
_ALONE = ("unshare", "--user", "--map-root-user", "--mount")
_ON_A_DISK_OF_FEW_INODES = """
import json, subprocess, sys
from pathlib import Path
from harness.evidence.report_files import check_reports_folder
from harness.problems import Problem
from harness.targets.state_folder import full_disk, prepare_folder

disk = Path(sys.argv[1])
options = "mode=700,size=1g,nr_inodes=5000"
subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=True)
prepare_folder(disk / "state", 1)
said = [full_disk(disk)]
for number in range(4980):
    (disk / str(number)).touch()
said.append(full_disk(disk))
for use in (lambda: prepare_folder(disk / "state", 1), lambda: check_reports_folder(disk)):
    try:
        use()
    except Problem as problem:
        said.append(problem.happened)
print(json.dumps(said))
"""


def test_a_disk_without_inodes_is_named_as_such(tmp_path: Path, project_root: Path) -> None:
    """It has bytes left, and yet no file can be made: before a start, a run, and during one."""
    alone = shutil.which("unshare") and subprocess.run([*_ALONE, "true"], check=False)
    if not alone or alone.returncode:
        pytest.skip("needs unshare, and a kernel that lets users mount in namespaces")
    said = json.loads(
        subprocess.run(
            [*_ALONE, sys.executable, "-c", _ON_A_DISK_OF_FEW_INODES, tmp_path],
            cwd=project_root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    assert said[0] == ""
    assert said[1].endswith("inodes were left")
    assert "inodes are free" in said[2]
    assert "inodes are free" in said[3]
