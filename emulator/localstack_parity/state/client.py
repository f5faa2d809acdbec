"""Client of the state routes, for the command: signed with the emulator's own keys."""

import json
import urllib.error
import urllib.request
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localstack_parity.emulator_process import Refused
from localstack_parity.state.files import Unusable, check_name

RESET = "/_localstack/state/reset"
STATES = "/_tapstack/states"
_WITHIN_S = 120
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_SIGNER = SigV4Auth(Credentials("test", "test"), "tapstack", "us-east-1")


def path_of(name: str) -> str:
    """Return the route of a state. Raises Refused for a name that no state can have."""
    try:
        return f"{STATES}/{check_name(name)}"
    except Unusable as problem:
        raise Refused(str(problem)) from None


def ask(endpoint: str, path: str, method: str) -> Any:
    """The JSON with which the emulator answers. Raises Refused."""
    signed = AWSRequest(method, endpoint + path)
    _SIGNER.add_auth(signed)
    request = urllib.request.Request(signed.url, None, dict(signed.headers.items()), method=method)
    try:
        with _NO_PROXY.open(request, timeout=_WITHIN_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            raise Refused(_reason(refused.read())) from None
    except (OSError, ValueError) as error:
        raise Refused(f"The emulator at {endpoint} gives no answer: {error}.") from None


def _reason(body: bytes) -> str:
    try:
        document = json.loads(body)
        return f"{document['error']} {document['remedy']}"
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")
