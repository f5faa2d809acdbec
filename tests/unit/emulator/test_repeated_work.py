"""What requests have the emulator work out once, or faster, comes out as LocalStack's own would.

Each program runs in the emulator's environment, with LocalStack and its libraries as they are.
"""

import pytest

from tests.unit.emulator.conftest import Run

MIME_TYPES = """
SAVING
from localstack.aws.protocol import serializer
from werkzeug.datastructures import Headers

kinds = [
    each
    for each in vars(serializer).values()
    if isinstance(each, type) and getattr(each, "SUPPORTED_MIME_TYPES", None)
]
types = (None, "", "*/*", "application/xml", "application/json", "text/html, */*;q=0.1", "x")
for kind in kinds:
    for accept in types:
        for content in types:
            given = {"Accept": accept, "Content-Type": content}
            found = {name: value for name, value in given.items() if value is not None}
            for headers in (found, Headers(found), None):
                print(kind.__name__, accept, content, kind()._get_mime_type(headers))
"""

TIMES = """
SAVING
from datetime import UTC, datetime, timedelta, timezone
from localstack.aws.protocol import serializer
for value in (
    "Fri, 27 Nov 2026 12:00:00 GMT", "Mon, 27 Nov 2026 23:59:59 GMT",
    "Fri, 31 Feb 2026 12:00:00 GMT",
    "2026-11-27T12:00:00Z", "2026-11-27T12:00:00.123456+02:00", "Fri, 27 Nov 2026 12:00:00 +0100",
    "Fri, 27 Nov 0001 12:00:00 GMT", "Xxx, 27 Yyy 2026 12:00:00 GMT", "1700000000", 1700000000, 1.5,
    "no date", datetime(2026, 1, 2), datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=3))),
):
    try:
        found = serializer.parse_to_aware_datetime(value)
        print(value, found.isoformat(), found.utcoffset())
    except Exception as error:
        print(value, type(error))
"""

XML = """
SAVING
from datetime import UTC, datetime
from xml.etree import ElementTree
from localstack.aws.protocol.serializer import create_serializer
from localstack.aws.spec import load_service

for name, operation, answer in [
    ("s3", "ListObjectsV2", {"Name": "b", "Contents": [
        {"Key": key, "LastModified": datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "Size": 0, "ETag": "e"}
        for key in ("a&b", "<c>", "d\\re\\nf\\tg", '"quoted"', "ü東京😀", "\\ud800", "", " ")
    ]}),
    ("s3", "GetBucketAcl", {"Grants": [{"Grantee": {"Type": "Group", "URI": "x:y"}}]}),
    ("s3", "GetObject", {"ETag": '"a"', "LastModified": "Fri, 27 Nov 2026 12:00:00 GMT"}),
    ("s3", "PutObject", {"ETag": '"a"'}),
    ("sns", "Publish", {"MessageId": "ü & <b>"}),
    ("sns", "Unsubscribe", {}),
    ("sqs", "ReceiveMessage", {"Messages": [{"Body": 'a \\r\\n \\t " & <b>'}]}),
    ("iam", "ListRoles", {"Roles": [{"RoleName": "r", "CreateDate": datetime(2026, 1, 2)}]}),
    ("cloudformation", "DescribeStacks", {"Stacks": [{"StackName": "s"}]}),
]:
    service = load_service(name, protocol="query" if name == "sqs" else None)
    for accept in ("*/*", "application/json"):
        if name == "s3" and accept != "*/*":
            continue
        written = create_serializer(service).serialize_to_response(
            answer, service.operation_model(operation), {"Accept": accept}, "id"
        )
        print(operation, written.status_code, list(written.headers), written.get_data())
"""

XML_OF_S3 = """
SAVING
import random
from datetime import UTC, datetime
from localstack.aws.protocol.serializer import create_serializer
from localstack.aws.spec import load_service

chance = random.Random(1)
def value_of(shape, depth=0):
    if chance.random() < 0.1:
        return None
    match shape.type_name:
        case "structure":
            members = {name: value_of(each, depth + 1) for name, each in shape.members.items()}
            if not shape.serialization.get("streaming") and chance.random() < 0.02:
                members["Unknown"] = "x"
            return members
        case "list":
            return [value_of(shape.member, depth + 1) for _ in range(chance.randrange(4))]
        case "map":
            return {f"k{number}": value_of(shape.value) for number in range(chance.randrange(3))}
        case "boolean":
            return chance.choice([True, False])
        case "timestamp":
            return chance.choice([datetime(2026, 1, 2, 3, 4, 5, 678, UTC), "2026-11-27T12:00:00Z"])
        case "integer" | "long":
            return chance.randrange(10**6)
        case "blob":
            return b"content"
    return chance.choice(["", "a", " a&b ", "<c>", '"d" \\r\\n', "ü東京😀", "\\ud800", "]]>"])

service = load_service("s3")
for name in service.operation_names:
    operation = service.operation_model(name)
    for _ in range(8 if operation.output_shape else 0):
        answer = value_of(operation.output_shape) or {}
        try:
            written = create_serializer(service).serialize_to_response(answer, operation, {}, "id")
            print(name, written.status_code, sorted(written.headers), written.get_data())
        except Exception as error:
            print(name, type(error), error)
"""

HEADERS = """
SAVING
import random
import rolo
from localstack.http import Response

chance = random.Random(1)
names = ("Content-Type", "content-type", "ETag", "X-A", "x-a", "X-B", "X-C")
def answer(most):
    chosen = chance.choices(names, k=chance.randrange(most))
    headers = [(name, str(chance.random())) for name in chosen]
    kind = chance.choice([Response, rolo.Response])  # of a service, and what the server answers
    response = kind(status=chance.choice([200, 206, 404]), response=[b"a"])
    if chance.random() < 0.5:
        response.headers.clear()
    response.headers.extend(headers)
    response.call_on_close(print)
    return response
for number in range(2000):
    whole, part = answer(3), answer(8)
    whole.update_from(part)
    print(number, whole.status, list(whole.headers), whole.response, len(whole._on_close))
"""

PARAMETERS = """
import io
SAVING
from localstack.aws.protocol.parser import create_parser
from localstack.aws.spec import load_service
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

reader = create_parser(load_service("s3"))
sent = [
    ("GET", "/b/k", "partNumber=&versionId=v&response-expires=Fri%2C+27+Nov+2026+12%3A00%3A00+GMT"),
    ("GET", "/b/k//", ""), ("GET", "/b", "list-type=2&max-keys=&prefix="),
    ("GET", "/b", "versions"), ("GET", "/b/k", "attributes"), ("HEAD", "/b/k", "partNumber=1"),
    ("DELETE", "/b/k", ""),
    ("PUT", "/b/k", ""), ("PUT", "/b/k", "partNumber=1&uploadId=u"), ("POST", "/b/k", "uploads"),
    ("PUT", "/b", ""), ("GET", "/", ""), ("GET", "/b/k", "partNumber=x"), ("PUT", "/b/k", "acl"),
]
headers = [
    [],
    [("X-Amz-Meta-A", "1"), ("x-amz-acl", ""), ("CONTENT-MD5", "m"), ("Range", "bytes=0-1")],
    [("x-amz-object-attributes", "ETag, Checksum"), ("X-AMZ-OBJECT-ATTRIBUTES", "ObjectSize")],
    [("x-amz-object-lock-retain-until-date", "2026-11-27T12:00:00Z"), ("if-none-match", "*")],
    [("x-amz-copy-source", "b/k"), ("x-amz-server-side-encryption-bucket-key-enabled", "maybe")],
    [("If-Modified-Since", "no date"), ("x-amz-write-offset-bytes", "7"), ("x-amz-tagging", "a=b")],
]
for method, path, query in sent:
    for given in headers:
        request = Request({
            "REQUEST_METHOD": method, "PATH_INFO": path, "RAW_URI": f"{path}?{query}",
            "QUERY_STRING": query, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "HTTP_HOST": "localhost",
        })
        request.headers = Headers([("Host", "localhost"), *given])
        try:
            operation, parameters = reader.parse(request)
            body = parameters.pop("Body", None)
            print(method, path, query, given, operation.name, parameters, body and body.read())
        except Exception as error:
            print(method, path, query, given, repr(error), repr(error.__cause__))
"""

ROUTES = """
from rolo import Router
from werkzeug.exceptions import HTTPException
from localstack_parity.server.routes import may_lead

router = Router()
for path, more in [
    ("/_aws/one", {"methods": ["GET"]}),
    ("/_aws/<name>/two", {"methods": ["POST"]}),
    ("/<regex('[0-9]{12}'):account>/<queue>", {}),
    ("/folder/", {"strict_slashes": True}),
    ("/files/<path:rest>", {"merge_slashes": False}),
    ("/", {"host": "<bucket>.website.<regex('.+'):rest>"}),
    ("/<path:key>", {"host": "<bucket>.website.<regex('.+'):rest>"}),
    ("/x/y", {"host": "<regex('([a-z]+[.])?'):one>queue.<regex('.*'):rest>"}),
]:
    router.add(path, path, **more)
begins = ("", "_aws", "123456789012", "1234567890123", "folder", "files", "x", "bucket", "%5faws")
rests = ("", "/", "/one", "/a/two", "/y", "/a/b/c")
for host in ("localhost", "127.0.0.1:4566", "b.website.localhost", "queue.localhost", "a.queue.b"):
    for begin in begins:
        for path in ("/" + begin + rest for rest in rests):
            if "//" in path:
                continue
            for method in ("GET", "PUT"):
                try:
                    router.url_map.bind(host).match(path, method=method)
                    found = True
                except HTTPException as error:
                    found = error.code != 404
                print(host, path, method, found, may_lead(router.url_map, host, begin))
print(may_lead.cache_info().hits > 0)
added = router.add("/bucket", "/bucket")
print(may_lead(router.url_map, "localhost", "bucket"))
router.remove(added)
print(may_lead(router.url_map, "localhost", "bucket"))
"""

REQUESTS = """
import io
from localstack_parity.server.requests import request_of
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

sent = [("Host", "a"), ("X-Amz-Meta-A", "1"), ("x-amz-meta-a", "2"), ("Empty", ""), ("N", "7")]
environ = {
    "rolo.headers": sent, "REQUEST_METHOD": "POST", "PATH_INFO": "/", "SERVER_NAME": "a",
    "SERVER_PORT": "80", "wsgi.url_scheme": "http", "QUERY_STRING": "a=1&a=2&b=&n=7",
    "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": "7",
}
def own(environ):
    request = Request(environ)
    request.headers = Headers(environ["rolo.headers"])
    return request

request = MAKE({**environ, "wsgi.input": io.BytesIO(b"c=3&c=4")})
request.headers.get("host")
request.headers.add("Added", "1")
request.headers.get("added")
request.headers["HOST"] = "b"
request.headers.get("empty")
del request.headers["empty"]
print(request.headers.pop("N"), request.headers.pop("n", "gone"), "n" in request.headers)
request.headers.setlist("More", ["1", "2"])
print(request.headers.get("more"), request.headers.setdefault("more", "3"))
print(request.headers.popitem())
request.headers.update({"more": ["4", "5"], "Last": "6"})
print(request.headers.get("More"), request.headers.pop(), request.headers.get("last"))
request.headers.extend([("Last", "7")])
request.headers.remove("MORE")
print(request.headers.get("more"), request.headers.get("last"), request.headers.pop(-1))
request.headers.set("last", "8")
request.headers[0] = ("Host", "c")
del request.headers[-1]
print("last" in request.headers, request.headers.get("host"))
for name in ("host", "HOST", "X-Amz-Meta-a", "missing", "empty", "added", "n"):
    headers = request.headers
    print(name, headers.get(name), headers.get(name, "none"), headers.get(name, 0, type=int))
    print(name in headers, headers.getlist(name), headers.get(name, type=float))
print(list(request.headers), len(request.headers), list(request.headers.copy()))
for values in (request.args, request.form, request.values):
    for name in ("a", "b", "c", "n", "missing"):
        print(values.get(name), values.get(name, "none"), values.get(name, 0, type=int))
        print(name in values, values.getlist(name), values.to_dict(flat=False))
for looked_up in (request.headers, request.args):
    try:
        looked_up["missing"]
    except KeyError as error:
        print(type(error), error.code)
"""


@pytest.mark.parametrize(
    "program",
    [MIME_TYPES, TIMES, XML, XML_OF_S3, HEADERS, PARAMETERS],
    ids=["mime types", "times", "XML", "XML of S3", "headers", "parameters"],
)
def test_what_is_remembered_or_done_faster_is_the_same(run: Run, program: str) -> None:
    """GIVEN headers, times and values, odd ones too THEN LocalStack makes the same of them."""
    saving = (
        "from localstack_parity.server import repeated_work, xml_answers; "
        "repeated_work.install(); xml_answers.install()"
    )
    saved = run(program.replace("SAVING", saving)).splitlines()
    plain = run(program.replace("SAVING", "")).splitlines()
    assert len(saved) == len(plain) > 0
    assert [pair for pair in zip(saved, plain, strict=True) if pair[0] != pair[1]] == []


def test_no_route_is_missed(run: Run) -> None:
    """GIVEN routes THEN each path that leads anywhere may, and one by a bucket's name may not."""
    *found, remembered, added, removed = run(ROUTES).splitlines()
    assert [line for line in found if line.endswith("True False")] == []
    assert "localhost /bucket/a/b/c PUT False False" in found
    assert "localhost / PUT False False" in found
    assert (remembered, added, removed) == ("True", "True", "False")


def test_headers_and_arguments_are_found_as_by_werkzeug(run: Run) -> None:
    """GIVEN names there, doubled, changed and missing THEN werkzeug's own find the same."""
    ours = run(REQUESTS.replace("MAKE", "request_of"))
    assert ours == run(REQUESTS.replace("MAKE", "own"))
    assert "missing None none 0" in ours


ANSWERS = """
from localstack_parity.server.threaded_server import answer_of
from rolo import Response

for status in (100, 200, 201, 204, 206, 301, 304, 404, 500):
    for method in ("GET", "HEAD", "PUT"):
        for headers in (
            [], [("Content-Length", "3")], [("location", "/a")], [("Content-Location", "/ü")],
            [("ETag", "a"), ("etag", "b")], [("Content-Type", "a/b")],
        ):
            for content in (None, b"", b"abc", "ü", [], [b"a", b"bc"], ["a"], iter([b"a", b"bc"])):
                closed = []
                for closing in (False, True):
                    environ = {
                        "REQUEST_METHOD": method, "wsgi.url_scheme": "http", "HTTP_HOST": "a",
                        "PATH_INFO": "/", "QUERY_STRING": "", "SCRIPT_NAME": "",
                    }
                    response = Response(content, status, headers)
                    if closing:
                        response.call_on_close(lambda: closed.append(1))
                    MAKE
                    shown = b"".join(body)
                    getattr(body, "close", list)()
                    print(status, method, headers, content.__class__, found, shown, len(closed))
"""


def test_answers_are_sent_as_werkzeug_has_them(run: Run) -> None:
    """GIVEN answers of all kinds THEN status, headers and body are those of werkzeug."""
    ours = "it = answer_of(response, environ); body, found = it.body, (it.status, it.headers)"
    own = "body, *found = response.get_wsgi_response(environ); found = tuple(found)"
    made = run(ANSWERS.replace("MAKE", ours))
    assert made == run(ANSWERS.replace("MAKE", own))
    assert len(made.splitlines()) > 2000
