import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from harness.settings import Settings, read_settings
from harness.targets import image
from harness.targets.image import image_name


@pytest.fixture
def checkout(project_root: Path, tmp_path: Path) -> Settings:
    """The settings of a copy of what the image is made of."""
    for folder in ("emulator", "libraries"):
        shutil.copytree(project_root / folder, tmp_path / folder)
    shutil.copy(project_root / ".dockerignore", tmp_path)
    return replace(read_settings(env={}), sources=tmp_path)


def test_the_images_tag_is_a_hash_of_what_is_in_it(checkout: Settings) -> None:
    """Another plugin, lock or base makes another image; the same make the same."""
    before = image_name(checkout)
    assert re.fullmatch(r"tapstack-emulator:[0-9a-f]{12}", before)
    assert image_name(replace(checkout, base_image="debian:trixie")) != before
    assert image_name(replace(checkout, node_versions="22")) != before
    for changed in (
        "emulator/localstack_parity/plugins.py",
        "emulator/requirements.lock",
        "emulator/runtime/nodejs/22.lock",
        "emulator/Dockerfile",
        "libraries/iam_policies/iam_policies/evaluation.py",
    ):
        file = checkout.sources / changed
        original = file.read_text()
        file.write_text(original + "# changed\n")
        assert image_name(checkout) != before
        file.write_text(original)
    assert image_name(checkout) == before


def test_what_is_not_in_the_image_does_not_change_its_tag(checkout: Settings) -> None:
    """Bytecode, documentation and certificates are not part of it."""
    before = image_name(checkout)
    folder = checkout.sources / "emulator"
    (folder / "localstack_parity" / "__pycache__").mkdir(exist_ok=True)
    (folder / "localstack_parity" / "__pycache__" / "new.pyc").write_bytes(b"")
    (folder / "README.md").write_text("changed")
    (folder / ".ca-certificates.crt").write_text("changed")
    assert image_name(checkout) == before


def test_all_that_the_image_is_built_from_is_in_its_tag(project_root: Path) -> None:
    """What Docker is given decides the tag, but for certificates, which are not in the image."""
    lines = (project_root / ".dockerignore").read_text().splitlines()
    given = {line[1:] for line in lines if line.startswith("!")}
    assert given - {"emulator/.ca-certificates.crt"} < set(image.INPUTS)


def test_an_image_that_was_chosen_is_taken(checkout: Settings) -> None:
    """TAPSTACK_IMAGE names one from a registry, for example."""
    assert image_name(replace(checkout, image="example.com/emulator:1")) == "example.com/emulator:1"


def test_compose_is_valid_for_its_first_version_too(project_root: Path) -> None:
    """docker-compose 1.29 does not know these; it says so only when it is run."""
    document = yaml.safe_load((project_root / "docker-compose.yml").read_text())
    assert set(document) == {"services", "volumes"}
    [service] = document["services"].values()
    assert not {"develop", "privileged", "devices", "network_mode", "pid"} & set(service)
    assert "start_interval" not in service["healthcheck"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["volumes"] == ["state:/state", "saved:/var/lib/localstack"]
