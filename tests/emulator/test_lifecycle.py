"""The emulator's life: started, found again, stopped, and never left behind."""

from tests.emulator.conftest import Emulator


def test_the_emulator_answers_aws_requests(emulator: Emulator) -> None:
    """A started emulator serves the AWS API at its endpoint."""
    assert emulator.client("s3").list_buckets()["Buckets"] == []
