"""The emulator's own routes, which AWS does not have: who may use them.

They read every queue, show mails and confirmation tokens, have things go wrong; functions reach
them as they reach AWS's API. So the caller has to sign as the owner of the emulator: with the
keys of its own account (`test`), for whatever service. Without a signature there are only the
pages by which tools see that it runs, and what AWS too shows to everybody.
"""

import json
import re
from html import escape
from typing import Any

from rolo import Response

from localstack_parity.authentication import gate

PREFIXES = ("/_localstack", "/_aws", "/_tapstack", "/_extension")

# Below it, functions of custom resources PUT what they answer (cloudformation/answers.py).
CUSTOM_RESOURCE_ANSWERS = "/_localstack_parity/custom-resource-answers"
# Below it, signals for wait conditions are PUT (cloudformation/signals.py).
WAIT_CONDITION_SIGNALS = "/_localstack_parity/wait-condition-signals"

_HEALTH = "/_localstack/health"
_STATE = re.compile(r"/_localstack/(health|info|init(/\w+)?)/?")
# Endpoints of APIs and functions, which have their own authorization, and the certificate by which
# receivers verify SNS's messages.
_OF_AWS = re.compile(
    r"/_aws/(execute-api|lambda-url)/.*|/_aws/sns/SimpleNotificationService-\w+\.pem"
)
_READING = frozenset({"GET", "HEAD"})

# LocalStack's health page restarts or ends the emulator for anybody who asks.
_ENDS_NOTHING = "The emulator is stopped by the process that started it: there is no action here."
_SIGN = (
    "{} is for the owner of this emulator: sign the request with the key test and the secret test, "
    "as `curl --aws-sigv4 aws:amz:us-east-1:tapstack --user test:test` does."
)
_XML = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"


def is_own(path: str) -> bool:
    """Say whether a path, as routes are matched with it, is one of the emulator's own."""
    return any(path == one or path.startswith(f"{one}/") for one in PREFIXES)


def refusal(request: Any) -> Response | None:
    """Return the answer to a request for a route that it may not use; None if it may."""
    path = path_of(request.environ)
    if not is_own(path) or _OF_AWS.fullmatch(path):
        return None
    if path == _HEALTH and request.method == "POST":
        return Response(_ENDS_NOTHING, status=405)
    if request.method in _READING and _STATE.fullmatch(path):
        return None
    return None if gate.is_signed_by_owner(request) else forbidden(request, _SIGN.format(path))


def path_of(environ: Any) -> str:
    """Return a request's path as routes are matched with it."""
    return re.sub("/+", "/", str(environ.get("PATH_INFO", "")))


def forbidden(request: Any, reason: str) -> Response:
    """Return 403 with the reason where an SDK of either kind looks for it."""
    if "json" in request.environ.get("CONTENT_TYPE", ""):
        body = json.dumps({"__type": "AccessDeniedException", "message": reason})
        return Response(body, status=403, mimetype="application/json")
    body = _XML.format("AccessDenied", escape(reason))
    return Response(body, status=403, mimetype="application/xml")
