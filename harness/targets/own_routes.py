"""Routes of the emulator's own, which AWS does not have: faults, records, what kept mails say.

The request is signed with the emulator's own keys, as it answers nobody else; another emulator does
not mind.
"""

import json
import urllib.request
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_ANSWER_WITHIN_S = 30
_SIGNER = SigV4Auth(Credentials("test", "test"), "tapstack", "us-east-1")


def ask(
    endpoint: str,
    path: str,
    method: str = "GET",
    document: object = None,
    *,
    within_s: float = _ANSWER_WITHIN_S,
) -> Any:
    """The JSON with which the emulator answers; `document` is sent as JSON, bytes as they are.

    Raises OSError where nothing answers or it refuses, ValueError for an answer that is no JSON.
    """
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    sent = None if document is None else body
    signed = AWSRequest(method, endpoint.rstrip("/") + path, data=sent)
    signed.headers["Content-Type"] = "application/json"
    _SIGNER.add_auth(signed)
    request = urllib.request.Request(signed.url, sent, dict(signed.headers.items()), method=method)
    with _NO_PROXY.open(request, timeout=within_s) as answer:
        return json.load(answer)
