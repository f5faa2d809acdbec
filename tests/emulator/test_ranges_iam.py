"""IAM refuses what its model does not allow, and shows neither the value nor those that there are.

Recorded on AWS: LocalStack's tests at v4.14.0, iam/test_iam.py::TestIAMServiceSpecificCredentials.
"""

from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.refused import refusal


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        (
            "reset_service_specific_credential",
            {"ServiceSpecificCredentialId": "with-hyphens-that-it-may-not-have"},
            "Value at 'serviceSpecificCredentialId' failed to satisfy constraint: Member must "
            r"satisfy regular expression pattern: [\w]+",
        ),
        (
            "update_service_specific_credential",
            {"ServiceSpecificCredentialId": "ACCAEXAMPLE123EXAMPLE", "Status": "Invalid"},
            "Value at 'status' failed to satisfy constraint: Member must satisfy enum value set",
        ),
    ],
)
def test_requests_that_break_the_model(
    emulator: Emulator, operation: str, request_: dict[str, Any], said: str
) -> None:
    refused = refusal(emulator, "iam", operation, request_)
    assert refused == f"ValidationError: 1 validation error detected: {said}"
