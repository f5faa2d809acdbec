"""Keeps web pages out: what a browser may ask of the emulator, and on whose behalf.

The keys of a local account are known to everybody, so a page can sign what it wants; what sets it
apart from the developer is what the browser says of it and no script can change (Fetch Standard,
"forbidden request-header"; Fetch Metadata Request Headers): Origin, Referer and Sec-Fetch-Site.

- Without any of those, and not from a browser: an SDK or a command line. It may do everything.
- A person at the address bar, or a page that the emulator itself served: reads. Not `Action=…`, by
  which the query protocols change things, except for the two links that SNS sends in its mails.
- Any other page: nothing, unless the developer lists its origin (EXTRA_CORS_ALLOWED_ORIGINS), or
  the request is for an object of a bucket whose own CORS configuration lets that origin do that.

A rule of a bucket for every origin (`*`) means pages of this machine here. On AWS a page needs a
signature that it was given; here it can make one.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from localstack_parity.server.names import Names, is_local_origin

Environment = Mapping[str, Any]  # of a WSGI request

_READING = frozenset({"GET", "HEAD"})
# Amazon SNS Developer Guide: the links of a confirmation mail, and of every mail after it.
_ACTIONS_IN_MAILS = frozenset({"ConfirmSubscription", "Unsubscribe"})
_S3_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?")

type CorsRules = Sequence[Mapping[str, Any]]  # as S3 returns them


class Door:
    """Judges requests by their headers alone.

    `cors_rules` gives the CORS rules of a bucket: [] where it has none, None if no request with
    this host and path is one to a bucket of this name.
    """

    def __init__(
        self,
        names: Names,
        origins: Iterable[str],
        cors_rules: Callable[[str, Environment], CorsRules | None],
    ) -> None:
        self._names = names
        self._origins = frozenset(origins)
        self._cors_rules = cors_rules

    def refusal(self, request: Environment) -> str | None:
        """Why a request is refused, in one sentence; None if it may come in."""
        host = request.get("HTTP_HOST", "")
        subdomain = self._names.subdomain(host)
        if subdomain is None:
            return (
                f"{host!r} is not known as a name of this emulator: use 127.0.0.1 or localhost, or "
                "list the name in TAPSTACK_ALLOWED_HOSTS."
            )
        origin, site = request.get("HTTP_ORIGIN"), request.get("HTTP_SEC_FETCH_SITE")
        referer, reads = request.get("HTTP_REFERER"), request["REQUEST_METHOD"] in _READING
        # Every browser calls itself so. With the methods that change something it sends an Origin.
        browser = site is not None or (
            reads and request.get("HTTP_USER_AGENT", "").startswith("Mozilla/")
        )
        if origin is None and not referer and not browser:
            return None
        page = origin if origin is not None else _origin_of(referer)
        if page in self._origins:
            return None
        own = f"{request.get('wsgi.url_scheme', 'http')}://{host}"
        if origin is None and site in {None, "none", "same-origin"} and page in {"", own}:
            return _refusal_of_person(request)
        target = _target(request, subdomain)
        rules = self._cors_rules(target.bucket, request) if target.bucket else None
        if rules is None:
            return _refused(page, "")
        if origin is None and not browser and reads and target.about_object:
            return None  # a client that tries a policy with the condition aws:Referer
        return _refusal_by_cors(request, page, target, rules)


@dataclass(frozen=True)
class _Target:
    """What a request would be about if it is one to S3; `bucket` is "" if it can be none."""

    bucket: str = ""
    about_object: bool = False  # reads or writes one, or is a form that uploads one


def _target(request: Environment, subdomain: str) -> _Target:
    """Amazon S3 User Guide, "Virtual hosting of buckets"."""
    hosted = _S3_HOST.fullmatch(subdomain) if subdomain else None
    if subdomain and not hosted:
        return _Target()
    bucket, key = (hosted and hosted["bucket"]) or "", str(request.get("PATH_INFO", ""))[1:]
    if not bucket:
        bucket, _, key = key.partition("/")
    form = (
        request["REQUEST_METHOD"] == "POST"
        and str(request.get("CONTENT_TYPE", "")).startswith("multipart/form-data")
        and not request.get("QUERY_STRING")
    )
    return _Target(bucket, bool(key) or form)


def _refusal_by_cors(
    request: Environment, page: str, target: _Target, rules: CorsRules
) -> str | None:
    method, preflight = request["REQUEST_METHOD"], request["REQUEST_METHOD"] == "OPTIONS"
    if preflight:
        method = request.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "")
    matching = [
        pattern
        for rule in rules
        if method in rule.get("AllowedMethods", ())
        for pattern in rule.get("AllowedOrigins", ())
        if _matches(pattern, page)
    ]
    if preflight and not matching:
        return None  # S3 itself says no, in the words of AWS
    if not matching:
        return _refused(page, f"a CORS rule of {target.bucket} can let it use objects; otherwise ")
    if all(map(_is_everybody, matching)) and not is_local_origin(page):
        return _refused(
            page,
            f"here `{matching[0]}` in a CORS rule of {target.bucket} means pages of this machine; ",
        )
    if preflight or target.about_object:
        return None
    return _refused(page, f"the CORS rules of {target.bucket} let it use objects and no more; ")


def _refused(page: str, why: str) -> str:
    return (
        f"A web page may not use this emulator, and {page or 'an unknown page'} is one: {why}list "
        "its origin in EXTRA_CORS_ALLOWED_ORIGINS if it is your own."
    )


def _refusal_of_person(request: Environment) -> str | None:
    actions = parse_qs(request.get("QUERY_STRING", "")).get("Action", [])
    if request["REQUEST_METHOD"] in _READING and _ACTIONS_IN_MAILS.issuperset(actions):
        return None
    return (
        "A browser only reads from this emulator: change things with an SDK or the AWS CLI, or "
        "list the origin of your page in EXTRA_CORS_ALLOWED_ORIGINS."
    )


def _origin_of(referer: str | None) -> str:
    try:
        parts = urlsplit(referer or "")
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _is_everybody(pattern: str) -> bool:
    """Whether a pattern names no host: `*`, `https://*`, `http*`, `*:3000`."""
    before, star, after = pattern.partition("*")
    schemes = ("http://", "https://")
    return bool(
        star
        and any(scheme.startswith(before) for scheme in schemes)
        and not any(char.isalpha() for char in after)
    )


def _matches(pattern: str, origin: str) -> bool:
    """Amazon S3 User Guide, "Elements of a CORS configuration": one `*` at most."""
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == origin
    long_enough = len(origin) >= len(before) + len(after)
    return bool(origin) and long_enough and origin.startswith(before) and origin.endswith(after)
