"""What the emulator saves at its start changes nothing of what LocalStack and its libraries do.

Each program runs in the emulator's environment, with LocalStack and its libraries as they are.
"""

import pytest

from tests.unit.emulator.conftest import Run

SAVING = """
from localstack_parity import startup
startup.install()
"""

ROUTES = """
from rolo import Router
from werkzeug.exceptions import HTTPException

router = Router()
for path, more in [
    ("/a", {}),
    ("/a/<name>", {"methods": ["GET"]}),
    ("/a/<path:rest>", {}),
    ("/<bucket>/<key>", {}),
    ("/n/<int:number>/x", {"methods": ["PUT"]}),
    ("/", {"host": "<bucket>.s3.<regex('.+'):rest>"}),
    ("/r/<regex('[0-9]+'):digits>", {"defaults": {"b": 1}}),
]:
    router.add(path, path, **more)
router.remove(router.add("/gone", "/gone"))
paths = ("/", "/a", "/a/", "/a/b", "/a/b/c", "/n/7/x", "/n/z/x", "/r/12", "/r/ab", "/gone", "/x/y")
for method in ("GET", "PUT", "DELETE"):
    for path in paths:
        for host in ("localhost", "photos.s3.localhost"):
            try:
                print(router.url_map.bind(host).match(path, method=method))
            except HTTPException as error:
                print(method, path, error)
urls = router.url_map.bind("localhost")
print(urls.build("/a/<name>", {"name": "b c", "q": 1, "__host__": "h"}))
print(urls.build("/n/<int:number>/x", {"number": 3, "__host__": "h"}, method="PUT"))
"""

DATA = """
import json
import boto3, botocore.session
from localstack.aws.spec import load_service

for session in (botocore.session.Session(), boto3.Session(), boto3.Session()):
    print(session.get_available_regions("lambda"), session.get_available_partitions())
print(boto3.Session().get_available_resources())
for name in ("s3", "sqs", "lambda", "cloudwatch"):
    client = boto3.Session("key", "secret", region_name="eu-west-1").client(name)
    model = client.meta.service_model
    print(client.meta.endpoint_url, client.waiter_names, json.dumps(model.metadata))
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        print(operation, list(shape.members) if shape else None)
for name in ("s3", "sqs", "sns"):
    service = load_service(name)
    for operation in service.operation_names:
        print(json.dumps(service.operation_model(operation).http))
"""


WAITERS = """
from botocore.loaders import Loader
from botocore.waiter import WaiterModel
from localstack_parity import startup
for name in ("lambda", "cloudformation"):
    waits = WaiterModel(Loader().load_service_model(name, "waiters-2"))
    for waiter in waits.waiter_names:
        given = waits.get_waiter(waiter)
        print(waiter, round(given.delay * given.max_attempts))
"""


@pytest.mark.parametrize("program", [ROUTES, DATA, WAITERS], ids=["routes", "data", "waiters"])
def test_saving_work_changes_no_answer(run: Run, program: str) -> None:
    """GIVEN routers, clients and models WHEN their work is saved THEN they answer as without."""
    saved, plain = run(SAVING + program).splitlines(), run(program).splitlines()
    assert len(saved) == len(plain) > 0
    assert [pair for pair in zip(saved, plain, strict=True) if pair[0] != pair[1]] == []


POLICIES = """
import os
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
from localstack.services.iam.iam_patches import apply_iam_patches
from moto.iam.models import IAMBackend
SAVING
apply_iam_patches()
for partition in ("aws", "aws-cn"):
    for policy in IAMBackend(partition, "123456789012").managed_policies.values():
        known = {**vars(policy), "id": "", "versions": [vars(one) for one in policy.versions]}
        for version in known["versions"]:
            version["create_date"] = str(version["create_date"])
        print(policy.arn, sorted(known.items()))
"""


def test_policies_of_aws_are_those_that_each_account_would_make(run: Run) -> None:
    """GIVEN two partitions THEN an account has the same policies, but for ids that moto invents."""
    saving = "from localstack_parity.iam import managed_policies; managed_policies.install()"
    kept = run(POLICIES.replace("SAVING", saving)).splitlines()
    made = run(POLICIES.replace("SAVING", "")).splitlines()
    assert len(kept) == len(made) > 2_000
    assert [pair for pair in zip(kept, made, strict=True) if pair[0] != pair[1]] == []


LATE = """
import sys
from localstack_parity import late_modules
late_modules.install()
from localstack.aws.handlers import validation
from localstack.services.sns.certificate import SNS_SERVER_CERT, SNS_SERVER_PRIVATE_KEY
from samtranslator.translator.transform import transform
print([name for name in sys.modules if name in ("samtranslator.model", "openapi_core.app")])

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
signature = SNS_SERVER_PRIVATE_KEY.sign(b"text", padding=PKCS1v15(), algorithm=SHA1())
certificate = x509.load_pem_x509_certificate(str(SNS_SERVER_CERT).encode())
certificate.public_key().verify(signature, b"text", PKCS1v15(), SHA1())

import os
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
role = "arn:aws:iam::000000000000:role/r"
function = {"Handler": "a.b", "Runtime": "python3.13", "InlineCode": "x", "Role": role}
resources = {"F": {"Type": "AWS::Serverless::Function", "Properties": function}}
made = transform({"Resources": resources}, {}, None)
print(made["Resources"]["F"]["Type"])

from localstack.aws.api.ec2 import AvailabilityZoneList, DescribeAvailabilityZonesResult
print("localstack.services.ec2.provider" in sys.modules, DescribeAvailabilityZonesResult(a=1))
from localstack.services.ec2.provider import Ec2Provider
print(AvailabilityZoneList | None, Ec2Provider.service)
"""


def test_a_module_that_is_needed_late_is_loaded_then(run: Run) -> None:
    """GIVEN stand-ins THEN nothing behind them is loaded, and each works as what it stands for."""
    assert run(LATE).splitlines() == [
        "[]",
        "AWS::Lambda::Function",
        "False {'a': 1}",
        "list[localstack.aws.api.ec2.AvailabilityZone] | None ec2",
    ]
