"""When a signature counts: not long before or after now, and not behind its own expiry.

Sources: S3 API Reference, "Error responses" (RequestTimeTooSkewed) and "Authenticating requests:
using query parameters"; IAM User Guide, "Troubleshoot signed requests for AWS APIs".
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from localstack_parity.authentication.claims import Claim, Place, Version
from localstack_parity.authentication.problems import Problem, Refused
from localstack_parity.authentication.received import Received

_ISO = "%Y%m%dT%H%M%SZ"
_SKEW_S3 = timedelta(minutes=15)
_SKEW = timedelta(minutes=5)
_SECONDS = re.compile(r"[0-9]{1,18}")
_WEEK = timedelta(days=7)


def check(received: Received, claim: Claim, now: datetime) -> datetime | None:
    """Raise Refused outside the time in which a signature counts; return when it was made.

    URLs and forms of version 2 do not say when; a form counts as long as its policy says.
    """
    if claim.place is Place.QUERY:
        return _check_url(claim, now)
    if claim.place is Place.FORM and claim.version is Version.TWO:
        return None
    if claim.version is Version.FOUR:
        signed = _parsed(claim.time)
        _check_date_of_scope(claim, signed)
    else:
        headers = received.headers
        signed = _parsed(headers.get("x-amz-date") or headers.get("date", ""))
    if claim.place is Place.HEADER:
        _check_skew(claim, signed, now)
    return signed


def _check_url(claim: Claim, now: datetime) -> datetime | None:
    if claim.version is Version.TWO:
        if not _SECONDS.fullmatch(claim.expires):
            raise Refused(Problem.BAD_EXPIRY, claim.expires)
        if int(claim.expires) < now.timestamp():
            raise Refused(Problem.EXPIRED_URL, Expires=claim.expires, ServerTime=now)
        return None
    signed = _parsed(claim.time)
    _check_date_of_scope(claim, signed)
    if not claim.expires and claim.service != "s3":
        _check_skew(claim, signed, now)
        return signed
    if not claim.expires:
        raise Refused(Problem.INCOMPLETE_QUERY)
    if not _SECONDS.fullmatch(claim.expires.removeprefix("-")):
        raise Refused(Problem.BAD_QUERY, "X-Amz-Expires should be a number")
    if claim.expires.startswith("-"):
        raise Refused(Problem.BAD_QUERY, "X-Amz-Expires must be non-negative")
    if len(claim.expires) > 7 or timedelta(seconds=int(claim.expires)) > _WEEK:
        raise Refused(
            Problem.BAD_QUERY,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires"
            " must be less than 604800 seconds",
        )
    lasts = timedelta(seconds=int(claim.expires))
    if now - signed > lasts:  # not their sum, which may be beyond all dates
        raise Refused(
            Problem.EXPIRED_URL,
            f"Signature expired: {claim.time} is now earlier than {now:{_ISO}}",
            X_Amz_Expires=int(claim.expires),
            Expires=signed + lasts,
            ServerTime=now,
        )
    if signed - now > _SKEW_S3:
        raise Refused(Problem.SKEWED, f"Signature not yet current: {claim.time}")
    return signed


def _check_skew(claim: Claim, signed: datetime, now: datetime) -> None:
    allowed = _SKEW_S3 if claim.service == "s3" or claim.version is Version.TWO else _SKEW
    minutes = f"{int(allowed.total_seconds()) // 60} min."
    if signed < now - allowed:
        earliest = f"{now - allowed:{_ISO}} ({now:{_ISO}} - {minutes})"
        raise Refused(
            Problem.SKEWED, f"Signature expired: {signed:{_ISO}} is now earlier than {earliest}"
        )
    if signed > now + allowed:
        latest = f"{now + allowed:{_ISO}} ({now:{_ISO}} + {minutes})"
        raise Refused(
            Problem.SKEWED,
            f"Signature not yet current: {signed:{_ISO}} is still later than {latest}",
        )


def _check_date_of_scope(claim: Claim, signed: datetime) -> None:
    day = signed.date().isoformat().replace("-", "")
    if claim.date == day:
        return
    if claim.service == "s3":
        raise Refused(
            Problem.WRONG_SCOPE,
            f'Invalid credential date "{claim.date}". This date is not the same as X-Amz-Date:'
            f' "{day}".',
        )
    raise Refused(
        Problem.WRONG_SCOPE,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP:"
        f" '{claim.date}' != '{day}', from '{claim.time}'.",
    )


def _parsed(time: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(time) if time.endswith("Z") else parsedate_to_datetime(time)
    except (TypeError, ValueError):
        raise Refused(
            Problem.MALFORMED,
            "AWS authentication requires a valid Date or x-amz-date header",
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
