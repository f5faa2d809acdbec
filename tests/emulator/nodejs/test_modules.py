"""What functions in Node.js import: layers, then what AWS's runtime brings along."""

import uuid

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.invocations import Run
from tests.emulator.nodejs.conftest import Invoke, packed

pytestmark = pytest.mark.usefixtures("sdk")


def test_the_sdk_acts_as_the_functions_role(run: Run, invoked: Invoke) -> None:
    """Required or imported, and without a word of its own in the log."""
    required = run("""
    const {STSClient, GetCallerIdentityCommand} = require('@aws-sdk/client-sts');
    return (await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn;
    """)
    imported = invoked(
        {
            "index.mjs": """
    import {S3Client, ListBucketsCommand} from '@aws-sdk/client-s3';
    export const handler = async () =>
        Array.isArray((await new S3Client({}).send(new ListBucketsCommand({}))).Buckets);
    """
        }
    )

    assert ":assumed-role/role-" in required.payload
    assert imported.payload is True
    assert "ERROR" not in required.log + imported.log
    assert "Warning" not in required.log + imported.log


def test_a_client_that_is_not_here_is_named(invoked: Invoke) -> None:
    """AWS's runtime has all clients, this one those of the services that the emulator has."""
    answer = invoked("require('@aws-sdk/client-rekognition')")

    assert answer.payload["errorType"] == "Runtime.ImportModuleError"
    assert (
        "@aws-sdk/client-rekognition is a part of AWS's runtime and not of this one: "
        "the emulator brings the clients of the services that it has."
    ) in answer.lines


def test_layers_come_before_the_runtime(emulator: Emulator, invoked: Invoke, runtime: str) -> None:
    """/opt/nodejs/node20/node_modules before /opt/nodejs/node_modules, also for ES modules."""
    major = runtime.removeprefix("nodejs").removesuffix(".x")
    places = (f"nodejs/node{major}/node_modules", "nodejs/node_modules")
    files = {
        **{f"{place}/both/index.js": f"module.exports = '{place}'" for place in places},
        f"{places[1]}/@aws-sdk/client-s3/index.js": "module.exports = 'of the layer'",
    }
    name = f"layer-{uuid.uuid4().hex[:8]}"
    layer = emulator.client("lambda").publish_layer_version(
        LayerName=name, Content={"ZipFile": packed(files)}
    )
    source = """
    import both from 'both';
    import {createRequire} from 'node:module';
    const require = createRequire(import.meta.url);
    import s3 from '@aws-sdk/client-s3';
    export const handler = async () => [both, require('both'), s3];
    """
    answer = invoked({"index.mjs": source}, Layers=[layer["LayerVersionArn"]])

    assert answer.payload == [places[0], places[0], "of the layer"]
