"""What each role of the target used, was refused, and never needed: for `tapstack iam`."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from harness.problems import Problem
from harness.targets import own_routes
from harness.targets.target import Target

_PATH = "/_tapstack/iam"
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))

type Roles = dict[str, dict[str, Any]]


def read_usage(target: Target) -> Roles:
    """Return the record by the ARN of the role: `used`, `denied` and `unused`.

    Raises Problem where nothing records: on another endpoint than ours, or with TAPSTACK_IAM=off.
    """
    if target.endpoint:
        try:
            roles: Roles = own_routes.ask(target.endpoint, _PATH)["roles"]
            return roles
        except (OSError, ValueError, LookupError, TypeError):
            pass
    raise Problem(
        f"The target {target.name} keeps no record of permissions.",
        "Only this project's emulator does, unless it was started with TAPSTACK_IAM=off.",
    )


def enforces_permissions(target: Target) -> bool:
    """Whether policies are asked: on AWS they are, on an emulator that keeps a record of them."""
    if not target.endpoint:
        return True
    try:
        read_usage(target)
    except Problem:
        return False
    return True


def verifies_signatures(target: Target) -> bool:
    """Whether a signature by nobody is refused: on AWS it is, on an emulator it may be let in."""
    if not target.endpoint:
        return True
    forged = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/sts/aws4_request,"
        " SignedHeaders=host;x-amz-date, Signature=0",
        "X-Amz-Date": "20260101T000000Z",
    }
    url = f"{target.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15"
    try:
        _NO_PROXY.open(urllib.request.Request(url, headers=forged), timeout=30).close()
    except OSError:
        return True
    return False


def readable(roles: Roles) -> Iterator[str]:
    """Yield lines about each role, by name."""
    for arn, usage in sorted(roles.items()):
        yield arn.rsplit("/", 1)[-1]
        for action, count in usage["used"].items():
            yield f"  used    {count:>7} ×  {action}"
        for alike in _alike(usage["denied"]):
            first, count = alike[0], sum(denial["count"] for denial in alike)
            more = f" and {len(alike) - 1} more" if alike[1:] else ""
            yield f"  denied  {count:>7} ×  {first['action']} on {first['resource']}{more}"
            yield f"                       {first['message']}"
        for grant in usage["unused"]:
            where = f"{grant['policy']}, {grant['statement']}"
            yield f"  unused             {grant['action']} ({where})"
        yield ""


def _alike(denials: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Denials of one action for one reason together, whatever they were of."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for denial in denials:
        reason = denial["message"].replace(denial["resource"], "")
        found.setdefault((denial["action"], reason), []).append(denial)
    return list(found.values())
