"""Web pages cannot drive the emulator: on every route, whatever they send and sign."""

import http.client
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from tests.emulator.conftest import Emulator, StartEmulator

EVIL, FRONT_END = "http://evil.example", "http://localhost:3000"
CROSS_SITE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
QUEUE = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Web:
    """Requests as a browser makes them, byte for byte."""

    endpoint: str

    @property
    def port(self) -> int:
        port = urlsplit(self.endpoint).port
        assert port
        return port

    def ask(self, method: str, url: str, headers: dict[str, str], body: str = "") -> Answer:
        path = url.removeprefix(self.endpoint)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        with connection.getresponse() as response:
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read().decode())


@pytest.fixture(scope="module")
def web(emulator: Emulator) -> Web:
    return Web(emulator.endpoint)


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    s3, name = emulator.client("s3"), f"pages-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a.jpg", Body=b"picture")
    yield name
    for listed in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=listed["Key"])
    s3.delete_bucket(Bucket=name)


def presigning(emulator: Emulator, service: str, signature: str = "v4") -> Any:
    """A client whose URLs anybody can make: the key is known to everybody."""
    return boto3.Session("test", "test", region_name="us-east-1").client(
        service, endpoint_url=emulator.endpoint, config=Config(signature_version=signature)
    )


def forged(emulator: Emulator, stack: str) -> str:
    url: str = presigning(emulator, "cloudformation").generate_presigned_url(
        "create_stack", {"StackName": stack, "TemplateBody": QUEUE}, HttpMethod="GET"
    )
    return url


def stacks(emulator: Emulator) -> list[str]:
    found = emulator.client("cloudformation").describe_stacks()["Stacks"]
    return [stack["StackName"] for stack in found]


@pytest.mark.parametrize(
    "page", [CROSS_SITE, {"Sec-Fetch-Site": "same-site"}, {"Referer": f"{EVIL}/"}]
)
def test_an_image_tag_creates_no_stack(web: Web, emulator: Emulator, page: dict[str, str]) -> None:
    """A GET without an Origin, signed with the account's own key."""
    name = f"driven-{uuid.uuid4().hex[:8]}"

    answer = web.ask("GET", forged(emulator, name), page)

    assert answer.status == 403
    assert "A web page may not use this emulator" in answer.body
    assert name not in stacks(emulator)


def test_a_link_creates_no_stack(web: Web, emulator: Emulator) -> None:
    """What a person clicks in a chat looks to the browser as if it had been typed."""
    name = f"clicked-{uuid.uuid4().hex[:8]}"

    assert web.ask("GET", forged(emulator, name), {"Sec-Fetch-Site": "none"}).status == 403
    assert name not in stacks(emulator)


def test_a_html_form_uploads_nothing(web: Web, emulator: Emulator, bucket: str) -> None:
    """A form needs no CORS in a browser: it is sent at once."""
    fields = presigning(emulator, "s3", "s3v4").generate_presigned_post(bucket, "driven.jpg")[
        "fields"
    ]
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Origin": EVIL, **CROSS_SITE}

    assert web.ask("POST", f"/{bucket}", headers, form(fields)).status == 403
    assert keys(emulator, bucket) == ["a.jpg"]


def test_a_simple_post_deletes_nothing(web: Web, emulator: Emulator, bucket: str) -> None:
    """`text/plain` needs no preflight."""
    body = "<Delete><Object><Key>a.jpg</Key></Object></Delete>"
    url = f"/{bucket}?delete&X-Amz-Credential=test/20260101/us-east-1/s3/aws4_request"
    headers = {"Content-Type": "text/plain", "Origin": EVIL, **CROSS_SITE}

    assert web.ask("POST", url, headers, body).status == 403
    assert keys(emulator, bucket) == ["a.jpg"]


ROUTES = (
    *("/", "/{bucket}", "/{bucket}/a.jpg", "/{bucket}?acl", "/no-such-bucket/a.jpg"),
    *("/_localstack/health", "/_localstack/info", "/_localstack/chaos", "/_localstack/init"),
    *("/_aws/ses", "/_aws/sqs/messages", "/_aws/execute-api/a1b2/test/", "/restapis/a1b2/x"),
    *("/_localstack_parity/custom-resource-answers/x", "/2015-03-31/functions/"),
    *("/000000000000/queue?Action=SendMessage&MessageBody=x", "/queue/us-east-1/000000000000/q"),
    *("/?Action=ListTopics&Version=2010-03-31", "/health", "/nothing/at/all"),
)
HOSTS = (
    *("127.0.0.1", "localhost", "{bucket}.s3.localhost", "s3.localhost.localstack.cloud"),
    *("sqs.us-east-1.localhost.localstack.cloud", "a1b2.execute-api.localhost"),
    *("a1b2.lambda-url.us-east-1.localhost.localstack.cloud", "{bucket}.s3-website.localhost"),
)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"])
def test_no_route_is_open_to_pages(web: Web, bucket: str, method: str) -> None:
    """Services, virtual hosts, LocalStack's own paths and ours."""
    for host in HOSTS:
        for route in ROUTES:
            headers = {"Host": f"{host.format(bucket=bucket)}:{web.port}", "Origin": EVIL}
            url = route.format(bucket=bucket)
            assert web.ask(method, url, headers).status == 403, (host, url)
            headers = {"Host": headers["Host"], **CROSS_SITE}
            assert web.ask(method, url, headers).status == 403, (host, url)


@pytest.mark.parametrize("origin", [EVIL, "null", "https://app.localstack.cloud", "own"])
def test_no_preflight_is_granted(web: Web, bucket: str, origin: str) -> None:
    """Nor to LocalStack's web application, nor to the emulator's own origin."""
    for host in HOSTS:
        for route in ROUTES:
            host_and_port = f"{host.format(bucket=bucket)}:{web.port}"
            headers = {
                "Host": host_and_port,
                "Origin": f"http://{host_and_port}" if origin == "own" else origin,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "authorization,x-amz-target",
                "Access-Control-Request-Private-Network": "true",
            }
            answer = web.ask("OPTIONS", route.format(bucket=bucket), headers)
            assert answer.status == 403, (host, route)
            assert "access-control-allow-origin" not in answer.headers, (host, route)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:{port}", "203.0.113.9"])
def test_a_name_that_was_rebound_reaches_nothing(web: Web, bucket: str, host: str) -> None:
    """After DNS rebinding nothing but the Host header shows where a page is from."""
    for route in ROUTES:
        headers = {"Host": host.format(port=web.port), "Sec-Fetch-Site": "same-origin"}
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
            answer = web.ask(method, route.format(bucket=bucket), headers)
            assert answer.status == 403, (method, route)
    assert "TAPSTACK_ALLOWED_HOSTS" in answer.body


def test_a_web_socket_is_refused(web: Web) -> None:
    """Browsers ask no preflight for web sockets."""
    headers = {
        **{"Connection": "Upgrade", "Upgrade": "websocket", "Origin": EVIL},
        **{"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="},
    }
    assert web.ask("GET", "/", headers).status == 403


def test_the_refusal_is_an_error_that_an_sdk_can_read(emulator: Emulator) -> None:
    """A client with an unknown name learns the setting, in every protocol."""
    for service, operation in (
        *(("s3", "list_buckets"), ("sns", "list_topics"), ("logs", "describe_log_groups")),
        ("lambda", "list_functions"),
    ):
        client = presigning(emulator, service, "s3v4" if service == "s3" else "v4")
        client.meta.events.register(
            f"before-sign.{service}.*",
            lambda request, **_: request.headers.__setitem__("Host", "elsewhere"),
        )
        with pytest.raises(client.exceptions.ClientError, match="TAPSTACK_ALLOWED_HOSTS"):
            getattr(client, operation)()


def test_a_function_or_client_cannot_pass_for_a_service(emulator: Emulator, bucket: str) -> None:
    """LocalStack's services say in a header who they are; from outside it counts for nothing."""
    iam, user = emulator.client("iam"), f"plain-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    client = presigning(emulator, "s3", "s3v4")
    client = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"]).client(
        "s3", endpoint_url=emulator.endpoint, region_name="us-east-1"
    )
    client.meta.events.register(
        "before-send.s3.*",
        lambda request, **_: request.headers.__setitem__(
            "x-localstack-data", '{"service_principal": "s3", "source_arn": "arn:aws:s3:::x"}'
        ),
    )
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.get_object(Bucket=bucket, Key="a.jpg")


# What goes on working


@pytest.mark.parametrize(
    "path", ["/_localstack/health", "//_localstack/health", "/%5Flocalstack/chaos"]
)
def test_a_page_that_may_use_objects_has_no_other_route(
    web: Web, emulator: Emulator, bucket: str, path: str
) -> None:
    """GIVEN a CORS rule for the page THEN the emulator's routes are closed under S3's Host, too."""
    rule = {"AllowedOrigins": [EVIL], "AllowedMethods": ["GET", "POST", "PUT"]}
    emulator.client("s3").put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    page = {"Origin": EVIL, **CROSS_SITE, "Content-Type": "text/plain"}
    hosted = page | {"Host": f"{bucket}.s3.localhost:{web.port}"}
    assert web.ask("GET", "/a.jpg", hosted).status in (200, 403)  # as S3 says
    for method in ("GET", "POST"):
        answer = web.ask(method, path, hosted, '{"action":"kill"}')
        assert (answer.status, "web page" in answer.body) == (403, True)
        assert "access-control-allow-origin" not in answer.headers


def test_nobody_ends_the_emulator_by_a_request(web: Web) -> None:
    """LocalStack's health page would restart and end it, unsigned."""
    answer = web.ask("POST", "/_localstack/health", {}, '{"action":"kill"}')
    assert answer.status == 405
    assert web.ask("GET", "/_localstack/health", {}).status == 200


def test_a_person_sees_an_object_in_the_browser(web: Web, emulator: Emulator, bucket: str) -> None:
    """A presigned URL in the address bar."""
    url = presigning(emulator, "s3", "s3v4").generate_presigned_url(
        "get_object", {"Bucket": bucket, "Key": "a.jpg"}
    )
    answer = web.ask("GET", url, {"Sec-Fetch-Site": "none", "User-Agent": "Mozilla/5.0"})
    assert (answer.status, answer.body) == (200, "picture")


def test_a_front_end_uploads_where_the_bucket_lets_it(
    web: Web, emulator: Emulator, bucket: str
) -> None:
    """Preflight, presigned PUT, form and GET of an origin that the bucket's CORS rules name."""
    emulator.client("s3").put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedOrigins": [FRONT_END],
                    "AllowedMethods": ["GET", "PUT", "POST"],
                    "AllowedHeaders": ["*"],
                }
            ]
        },
    )
    s3 = presigning(emulator, "s3", "s3v4")
    page = {"Origin": FRONT_END, "Sec-Fetch-Site": "cross-site"}
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "b.jpg"})
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-amz-acl"}
    fields = s3.generate_presigned_post(bucket, "c.jpg")["fields"]
    multipart = {"Content-Type": "multipart/form-data; boundary=x"}
    read = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "b.jpg"})

    preflight = web.ask("OPTIONS", put, page | asked)
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-origin"] == FRONT_END
    written = web.ask("PUT", put, page, "new")
    assert (written.status, written.headers["access-control-allow-origin"]) == (200, FRONT_END)
    assert web.ask("POST", f"/{bucket}", page | multipart, form(fields)).status == 204
    assert web.ask("GET", read, page).body == "new"
    image = {"Referer": f"{FRONT_END}/", "Sec-Fetch-Site": "same-site"}
    assert web.ask("GET", read, image).status == 200

    assert web.ask("OPTIONS", put, page | asked | {"Origin": EVIL}).status == 403
    assert web.ask("PUT", put, page | {"Origin": EVIL}, "bad").status == 403
    body = "<Delete><Object><Key>a.jpg</Key></Object></Delete>"
    assert web.ask("POST", f"/{bucket}?delete", page, body).status == 403
    assert web.ask("GET", f"/{bucket}", page).status == 403
    query = "Action=CreateStack&StackName=x&Version=2010-05-15"
    assert web.ask("POST", f"/{bucket}/x?{query}", page).status != 200
    assert keys(emulator, bucket) == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize("origin", ["https://localhost", "https://app.localstack.cloud", "own"])
def test_a_bucket_without_cors_refuses_every_preflight(web: Web, bucket: str, origin: str) -> None:
    """As on AWS: S3 User Guide, "Testing CORS"."""
    headers = {
        "Origin": web.endpoint if origin == "own" else origin,
        "Access-Control-Request-Method": "PUT",
    }
    answer = web.ask("OPTIONS", f"/{bucket}/a.jpg", headers)
    assert answer.status == 403
    assert "CORS is not enabled for this bucket" in answer.body


def test_hosts_and_origins_can_be_listed(start_emulator: StartEmulator) -> None:
    """Names of a CI service, and the developer's own page."""
    own = "http://localhost:5173"
    emulator = start_emulator(
        TAPSTACK_ALLOWED_HOSTS="emulator, ci.example", EXTRA_CORS_ALLOWED_ORIGINS=own
    )
    web = Web(emulator.endpoint)
    for host in ("emulator:4566", "photos.emulator", "CI.example:80"):
        assert web.ask("GET", "/_localstack/health", {"Host": host}).status == 200
    query = "/?Action=ListTopics&Version=2010-03-31"
    answer = web.ask("GET", query, {"Origin": own, "Sec-Fetch-Site": "cross-site"})
    assert answer.headers["access-control-allow-origin"] == own
    preflight = web.ask("OPTIONS", "/", {"Origin": own, "Access-Control-Request-Method": "POST"})
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, own)
    assert web.ask("GET", query, {"Origin": EVIL}).status == 403


@pytest.mark.parametrize(
    "setting", ["DISABLE_CORS_CHECKS=1", "EXTRA_CORS_ALLOWED_ORIGINS=*", "GATEWAY_SERVER=hypercorn"]
)
def test_the_door_cannot_be_left_open(start_emulator: StartEmulator, setting: str) -> None:
    """Settings that would let every page in end the start with one sentence."""
    name, _, value = setting.partition("=")
    with pytest.raises(Exception, match="ended while it was starting") as caught:
        start_emulator(**{name: value})
    assert "web page" in caught.value.details  # type: ignore[attr-defined]


def form(fields: dict[str, str]) -> str:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\npicture\r\n'
    return "".join([*parts, file, "--x--\r\n"])


def keys(emulator: Emulator, bucket: str) -> list[str]:
    listed = emulator.client("s3").list_objects_v2(Bucket=bucket)
    return [each["Key"] for each in listed["Contents"]]
