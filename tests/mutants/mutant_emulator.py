"""An emulator with a defect: its sources, edited, run by the environment that is installed.

Edits of `localstack_parity` come in; an installation to start an emulator from goes out.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.mutant import Editing

# Isolated (-I), as the real one is started, but with the edited package before the installed one.
_PYTHON = """\
#!/bin/sh
exec '{python}' -I -c 'import sys; sys.path.insert(0, "{sources}")
from localstack_parity.launch import main; main()'
"""


def mutant_emulator(project: Path, installed: Path, folder: Path, edits: Sequence[Editing]) -> Path:
    """Return an installation below `folder` whose emulator has been edited.

    `project` has the sources, `installed` the environments. Files of edits are relative to
    `emulator/`. Raises DoesNotApply if an edit has to be written anew.
    """
    sources = folder / "sources"
    shutil.copytree(project / "emulator" / "localstack_parity", sources / "localstack_parity")
    for edit in edits:
        edit.apply(sources)
    python = folder / "emulator-venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    real = installed / "emulator-venv" / "bin" / "python"
    python.write_text(_PYTHON.format(python=real, sources=sources), encoding="utf-8")
    python.chmod(0o755)
    (folder / "runtimes").symlink_to(installed / "runtimes")
    return folder
