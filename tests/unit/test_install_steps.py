"""What a person reads if a step of an installation fails."""

from pathlib import Path

import pytest

from harness.install_steps import explain

# What uv, pip and npm said behind a proxy whose certificate this machine did not know.
UNTRUSTED = {
    "uv": """error: Failed to fetch: https://index.example/simple/anyio/
  cause: error sending request for url (https://index.example/simple/anyio/)
  cause: client error (Connect)
  cause: invalid peer certificate: UnknownIssuer""",
    "pip": """WARNING: Retrying after connection broken by 'SSLError(SSLCertVerificationError(1,
'[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer'))'
ERROR: No matching distribution found for uv""",
    "npm": "npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error request to https://… failed",
}


@pytest.mark.parametrize("program", UNTRUSTED)
def test_a_certificate_that_is_not_trusted_is_no_missing_network(program: str) -> None:
    """The remedy is another one: the index answers."""
    said = str(explain(UNTRUSTED[program], Path("install.log")))
    assert "certificate of the package index is not trusted" in said
    assert "SSL_CERT_FILE" in said


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        ("error: Failed to fetch\n  cause: dns error", "package index cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "no disk space left"),
        ("error: Permission denied (os error 13)", "a folder cannot be written"),
        ("something else", "an error of pip, uv or npm"),
    ],
)
def test_a_cause_is_named(output: str, cause: str) -> None:
    assert cause in str(explain(output, Path("install.log")))
