"""What several unit tests share."""

import pytest

from harness.images.pictures import Pictures


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    """Bases in a folder of this test process; only those that a test asks for are made."""
    return Pictures(tmp_path_factory.mktemp("bases"))
