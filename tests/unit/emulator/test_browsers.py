"""What a browser may ask of the emulator.

Sources: Fetch Standard; W3C, "Fetch Metadata Request Headers"; Amazon S3 User Guide, "Using
cross-origin resource sharing (CORS)".
"""

import time
from typing import Any

import pytest

from localstack_parity.server.browsers import CorsRules, Door
from localstack_parity.server.names import Names

EVIL, FRONT_END, LISTED = "http://evil.example", "http://localhost:3000", "https://mine.example"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
BUCKETS: dict[str, CorsRules] = {
    "closed": [],
    "open": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT", "POST"]}],
    **{
        f"open{number}": [{"AllowedOrigins": origins, "AllowedMethods": ["PUT"]}]
        for number, origins in enumerate((["http*"], ["http://*"], ["*", "http://*"], ["http:*"]))
    },
    "photos": [
        {"AllowedOrigins": ["https://*.example"], "AllowedMethods": ["GET"]},
        {"AllowedOrigins": [FRONT_END], "AllowedMethods": ["GET", "PUT", "POST"]},
    ],
}
DOOR = Door(Names([], ["127.0.0.1"]), [LISTED], lambda bucket, _: BUCKETS.get(bucket))


def _refusal(method: str = "GET", url: str = "/", **headers: str) -> str | None:
    path, _, query = url.partition("?")
    request: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "127.0.0.1:4566",
        "CONTENT_TYPE": headers.pop("type", ""),
    }
    names = {"site": "SEC_FETCH_SITE", "agent": "USER_AGENT"}
    for name, value in headers.items():
        request[f"HTTP_{names.get(name, name).upper()}"] = value
    return DOOR.refusal(request)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_an_sdk_may_do_everything(method: str) -> None:
    """What no browser sends is not judged."""
    assert _refusal(method, "/?Action=CreateStack", agent="Boto3/1.40") is None


@pytest.mark.parametrize("url", ["/", "/photos/a.jpg", "/_localstack/health", "/_aws/ses"])
@pytest.mark.parametrize(
    "page",
    [
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:4566"},  # a page that lies in a bucket is not the developer
        {"site": "cross-site"},
        {"site": "same-site"},
        {"site": "none", "origin": EVIL},
        {"site": "none", "referer": f"{EVIL}/page"},
        {"referer": f"{EVIL}/page", "agent": BROWSER},
    ],
)
def test_a_page_may_do_nothing(page: dict[str, str], url: str) -> None:
    """Whatever a page asks for is refused, reading too."""
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        assert _refusal(method, url, **page)


@pytest.mark.parametrize("site", ["none", "same-origin", None])
def test_a_person_may_read(site: str | None) -> None:
    """The address bar, a page of a website in a bucket, and names that get no Sec-Fetch-Site."""
    person = {"agent": BROWSER} | ({"site": site} if site else {})
    for url in ("/photos/a.jpg?X-Amz-Signature=1", "/_localstack/health", "/"):
        assert _refusal("GET", url, **person) is None
        assert _refusal("GET", url, **person, referer="http://127.0.0.1:4566/") is None


@pytest.mark.parametrize("site", ["none", "same-origin", None])
def test_a_link_changes_nothing(site: str | None) -> None:
    """A link in a chat or a mail is no program, but for the links of SNS's own mails."""
    person = {"agent": BROWSER} | ({"site": site} if site else {})
    assert _refusal("GET", "/?TemplateBody=x&Action=CreateStack", **person)
    assert _refusal("GET", "/?Action=ConfirmSubscription&Action=CreateStack", **person)
    assert _refusal("GET", "/?Action=ConfirmSubscription&Token=x", **person) is None
    assert _refusal("GET", "/?Action=Unsubscribe&SubscriptionArn=x", **person) is None


def test_a_listed_origin_may_do_everything() -> None:
    """The developer knows."""
    assert _refusal("POST", "/", origin=LISTED, site="cross-site") is None
    assert _refusal("OPTIONS", "/2015-03-31/functions/", origin=LISTED) is None


@pytest.mark.parametrize(
    ("method", "url", "headers", "allowed"),
    [
        ("PUT", "/photos/a.jpg?X-Amz-Signature=1", {"origin": FRONT_END}, True),
        ("GET", "/photos/a.jpg", {"origin": "https://cdn.example"}, True),
        ("GET", "/photos/a.jpg", {"site": "cross-site", "referer": f"{FRONT_END}/"}, True),
        ("POST", "/photos", {"origin": FRONT_END, "type": "multipart/form-data; boundary=x"}, True),
        ("POST", "/photos?delete", {"origin": FRONT_END, "type": "text/plain"}, False),
        ("GET", "/photos?list-type=2", {"origin": FRONT_END}, False),
        ("PUT", "/photos?cors", {"origin": FRONT_END}, False),
        ("DELETE", "/photos/a.jpg", {"origin": FRONT_END}, False),
        ("PUT", "/photos/a.jpg", {"origin": "https://cdn.example"}, False),
        ("PUT", "/photos/a.jpg", {"origin": "http://localhost:3001"}, False),
        ("GET", "//photos/a.jpg", {"origin": FRONT_END}, False),
        ("GET", "/closed/a.jpg", {"origin": FRONT_END}, False),
        ("GET", "/absent/a.jpg", {"origin": FRONT_END}, False),
        ("PUT", "/open/a.jpg", {"origin": FRONT_END}, True),
        ("PUT", "/open/a.jpg", {"origin": EVIL}, False),
        ("PUT", "/open/a.jpg", {"origin": "null"}, False),
        ("GET", "/open/a.jpg", {"site": "cross-site"}, False),
    ],
)
def test_a_buckets_cors_configuration_lets_pages_reach_its_objects(
    method: str, url: str, headers: dict[str, str], allowed: bool
) -> None:
    """An origin that a rule names, for the rule's methods, and nothing but objects.

    A rule for every origin is for pages of this machine.
    """
    assert (_refusal(method, url, **headers) is None) is allowed


@pytest.mark.parametrize("bucket", ["open", "open0", "open1", "open2", "open3"])
def test_a_rule_for_everybody_is_for_pages_of_this_machine(bucket: str) -> None:
    """Whichever way it is written: a pattern without any part of a host's name."""
    assert _refusal("PUT", f"/{bucket}/a.jpg", origin=EVIL)
    assert _refusal("PUT", f"/{bucket}/a.jpg", origin=FRONT_END) is None


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        *(("photos.s3.localhost:4566", True), ("photos.s3.us-east-1.localhost", True)),
        *(("photos.execute-api.localhost", False), ("photos.s3-website.localhost", False)),
        *(("photos.localhost", False), ("closed.s3.localhost", False)),
    ],
)
def test_a_bucket_may_be_in_the_host(host: str, allowed: bool) -> None:
    """Virtual hosts of S3 count, those of other services do not."""
    headers = {"origin": FRONT_END, "host": host}
    assert (_refusal("PUT", "/a.jpg", **headers) is None) is allowed


def test_a_preflight_of_a_bucket_is_answered_by_s3() -> None:
    """S3 has its own words for yes and no; elsewhere a preflight is refused."""
    for bucket, origin in (("photos", FRONT_END), ("photos", EVIL), ("closed", EVIL)):
        asked = {"origin": origin, "access_control_request_method": "PUT"}
        assert _refusal("OPTIONS", f"/{bucket}/a.jpg", **asked) is None
    asked = {"origin": EVIL, "access_control_request_method": "PUT"}
    assert _refusal("OPTIONS", "/open/a.jpg", **asked)
    assert _refusal("OPTIONS", "/", **asked)
    assert _refusal("OPTIONS", "/_localstack/chaos/faults", **asked)


def test_a_client_may_try_the_condition_aws_referer() -> None:
    """A Referer without a browser reads objects: policies can ask for it."""
    assert _refusal("GET", "/closed/a.jpg", referer=EVIL, agent="curl/8.0") is None
    assert _refusal("GET", "/", referer=EVIL, agent="curl/8.0")
    assert _refusal("PUT", "/closed/a.jpg", referer=EVIL, agent="curl/8.0")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4566", "203.0.113.9:4566", ""])
def test_an_unknown_host_is_refused_and_named(host: str) -> None:
    """A name that was rebound to 127.0.0.1 gives itself away, whatever else is sent."""
    refusal = _refusal("GET", "/_localstack/health", host=host)
    assert refusal is not None
    assert repr(host) in refusal
    assert "TAPSTACK_ALLOWED_HOSTS" in refusal


def test_a_judgement_takes_no_time() -> None:
    """Under 0.1 ms of CPU for the request of an SDK."""
    began, times = time.process_time(), 2_000
    for _ in range(times):
        _refusal("PUT", "/photos/a.jpg", agent="Boto3/1.40")
    assert (time.process_time() - began) / times < 0.0001
