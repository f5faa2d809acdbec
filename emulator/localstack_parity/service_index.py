"""What LocalStack would make at every start, made once instead: an index and AWS's own policies.

Without its index of all AWS operations each start reads the definition of every AWS service, which
takes seconds and 300 MB that are never given back. Without its 1,400 managed policies, each as an
object, it reads and writes 4 MB of JSON. `python -m localstack_parity.service_index` makes both, in
the environment that LocalStack is installed in; launch.py offers the index to LocalStack, and
iam/managed_policies.py the policies.
"""

import os
import pickle
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(sys.prefix) / "share" / "localstack-parity"
# Where LocalStack looks for it, below its FILESYSTEM_ROOT (`static_libs` in localstack.config).
_STATIC = Path("usr") / "lib" / "localstack"


def offer(filesystem_root: Path) -> None:
    """Let a LocalStack with this FILESYSTEM_ROOT find the index, if it has been made."""
    made, link = ROOT / _STATIC, filesystem_root / _STATIC
    if made.is_dir() and not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(made, target_is_directory=True)


def policies() -> Path:
    """Return the file of the managed policies, a pickle of moto's objects, made or not."""
    return ROOT / f"managed-policies-{version('moto-ext')}.pickle"


def is_made() -> bool:
    """Say whether this environment has both."""
    return policies().exists() and _has_index()


def _has_index() -> bool:
    return (ROOT / _STATIC).is_dir() and any((ROOT / _STATIC).iterdir())


def main() -> None:
    """Make what is not there yet, of the installed LocalStack."""
    (ROOT / _STATIC).mkdir(parents=True, exist_ok=True)
    os.environ |= {"FILESYSTEM_ROOT": str(ROOT), "OVERRIDE_IN_DOCKER": "0", "HOME": str(ROOT)}
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

    # Imported late: LocalStack reads its settings from the environment while it is imported.
    from localstack.aws import spec
    from localstack.services.iam.iam_patches import apply_iam_patches
    from moto.iam.models import IAMBackend

    if not _has_index():
        spec.main()
    made = IAMBackend._init_aws_policies
    apply_iam_patches()  # which gives policies an attribute, and the list some more of them
    backend = object.__new__(IAMBackend)
    backend.account_id, backend.region_name = "000000000000", "aws"
    draft = policies().with_suffix(".new")
    draft.write_bytes(pickle.dumps(made(backend)))
    draft.replace(policies())


if __name__ == "__main__":
    main()
