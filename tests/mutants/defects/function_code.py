"""Defects of code that runs somewhere else: package, clients, memory, /tmp, logs."""

from tests.mutants.code_edits import AtTop, Rewrite, SetArgument
from tests.mutants.mutant import Mutant

_HANDLER = "image_processor/handler"
_IMAGING = "image_processor/imaging"
_UPLOADS = "image_processor/uploads"
_AWS = "https://docs.aws.amazon.com/"
_LAMBDA = f"{_AWS}lambda/latest/dg/"
_FAILS = "Every invocation fails"
_RUNTIME = f"{_LAMBDA}lambda-runtimes.html"

MUTANTS = [
    # The package and what is around it
    Mutant(
        "memory-grows",
        "The function keeps 300 KB of every invocation",
        [
            AtTop(_HANDLER, '_RECENT = [b""]'),
            Rewrite(
                _HANDLER,
                "handler",
                "invocation = $X",
                "_RECENT.append(bytes(1) * 300_000)\ninvocation = $X",
            ),
        ],
        "Out of memory in the middle of a day, in whatever invocation is the last straw.",
        f"{_LAMBDA}configuration-memory.html",
        "contract",
    ),
    Mutant(
        "import-that-is-in-no-package",
        "numpy is on the developer's machine, not in requirements.in",
        [AtTop(_IMAGING, "import numpy as np")],
        f"{_FAILS}: Runtime.ImportModuleError.",
        f"{_LAMBDA}python-package.html",
        "lint",
    ),
    Mutant(
        "import-of-the-emulator",
        "LocalStack's modules are not on AWS",
        [AtTop(_HANDLER, "from localstack.utils import strings")],
        f"{_FAILS}: Runtime.ImportModuleError.",
        f"{_LAMBDA}python-package.html",
        "lint",
    ),
    Mutant(
        "import-inside-a-function",
        "A module that is not there, imported when it is needed",
        [
            Rewrite(
                _IMAGING,
                "_in_srgb",
                "from PIL import ImageCms",
                "import colour\nfrom PIL import ImageCms",
            )
        ],
        "Pictures with a colour profile fail: ModuleNotFoundError.",
        f"{_LAMBDA}python-package.html",
        "lint",
    ),
    Mutant(
        "syntax-of-a-later-python",
        "except without parentheses is Python 3.14",
        [
            Rewrite(
                _IMAGING,
                "_damage",
                "(rejections.Rejection, MemoryError)",
                "rejections.Rejection, MemoryError",
            )
        ],
        f"{_FAILS}: Runtime.UserCodeSyntaxError.",
        _RUNTIME,
        "lint",
    ),
    Mutant(
        "variable-of-the-developer",
        "An environment variable that only the developer has",
        [Rewrite(_HANDLER, "", "TOPIC_ARN = $X", ('TOPIC_ARN = $X\nSTAGE = os.environ["STAGE"]'))],
        f"{_FAILS}: KeyError while the module is loaded.",
        f"{_LAMBDA}configuration-envvars.html",
        "lint",
    ),
    Mutant(
        "profile-of-the-developer",
        "The client takes a profile of ~/.aws",
        [
            Rewrite(
                _HANDLER,
                "",
                'boto3.client("s3", $...ARGS)',
                'boto3.Session(profile_name="default").client("s3", $...ARGS)',
            )
        ],
        f"{_FAILS}: ProfileNotFound.",
        f"{_LAMBDA}lambda-intro-execution-role.html",
        "contract",
    ),
    Mutant(
        "endpoint-of-the-emulator",
        "The client speaks to localhost",
        [
            Rewrite(
                _HANDLER,
                "",
                'boto3.client("sns", $...ARGS)',
                'boto3.client("sns", endpoint_url="http://localhost:4566", $...ARGS)',
            )
        ],
        f"{_FAILS}: EndpointConnectionError.",
        f"{_AWS}sdkref/latest/guide/feature-ss-endpoints.html",
        "contract",
    ),
    Mutant(
        "account-of-the-emulator",
        "The topic's ARN is written out, for LocalStack's account",
        [
            Rewrite(
                _HANDLER,
                "",
                "TOPIC_ARN = $X",
                "TOPIC_ARN = (\n    "
                '"arn:aws:sns:us-east-1:000000000000:image-processing-notifications-dev"\n)',
            )
        ],
        f"{_FAILS}: AuthorizationError, it is somebody else's topic.",
        f"{_AWS}sns/latest/api/API_Publish.html",
        "contract",
    ),
    Mutant(
        "writes-beside-its-code",
        "A file is written in the working folder",
        [
            Rewrite(
                _IMAGING,
                "process",
                "source = containers.essentials(data)",
                (
                    'with open("last-upload", "wb") as copy:\n'
                    "    copy.write(data)\n"
                    "source = containers.essentials(data)"
                ),
            )
        ],
        f"{_FAILS}: Read-only file system. Only /tmp can be written to.",
        f"{_LAMBDA}configuration-ephemeral-storage.html",
        "contract",
    ),
    Mutant(
        "leaves-the-process",
        "os._exit at the end of an invocation",
        [
            Rewrite(
                _HANDLER,
                "handler",
                "if metrics.metric_set:\n    $...BODY",
                "os._exit(0)\nif metrics.metric_set:\n    $...BODY",
            )
        ],
        f"{_FAILS}: Runtime.ExitError.",
        f"{_LAMBDA}troubleshooting-invocation.html",
        "contract",
    ),
    Mutant(
        "prints-its-log",
        "print instead of the logger",
        [
            Rewrite(
                _HANDLER,
                "_handle",
                "record.log($...ARGS)",
                'print("Processed", upload.key)\nrecord.log($...ARGS)',
            )
        ],
        "Lines that are not JSON: queries and metric filters on the log do not find them.",
        f"{_LAMBDA}monitoring-cloudwatchlogs-logformat.html",
        "contract",
    ),
    Mutant(
        "calls-outlast-the-function",
        "The clients have botocore's own timeouts, 60 s as the function's",
        [
            SetArgument(_HANDLER, "", "connect_timeout", None),
            SetArgument(_HANDLER, "", "read_timeout", None),
        ],
        "A call that hangs ends with the function, without a word and without a second try.",
        f"{_LAMBDA}troubleshooting-invocation.html",
        "lint",
    ),
    Mutant(
        "keeps-every-upload",
        "Every upload is kept in a module's list",
        [
            AtTop(_UPLOADS, "_RECENT: list[bytes] = []"),
            Rewrite(
                _UPLOADS,
                "fetch",
                "return Source(body.read(), $X)",
                "_RECENT.append(body.read())\nreturn Source(_RECENT[-1], $X)",
            ),
        ],
        "Memory grows with every invocation: Runtime.OutOfMemory after some of them.",
        f"{_LAMBDA}lambda-runtime-environment.html",
        "lint",
    ),
    Mutant(
        "fills-tmp",
        "Each upload is written to /tmp and left there",
        [
            AtTop(_IMAGING, "from tempfile import NamedTemporaryFile"),
            Rewrite(
                _IMAGING,
                "process",
                "source = containers.essentials(data)",
                (
                    "with NamedTemporaryFile(delete=False) as copy:\n"
                    "    copy.write(data)\n"
                    "source = containers.essentials(data)"
                ),
            ),
        ],
        "/tmp outlives the invocation: No space left on device after 512 MB.",
        f"{_LAMBDA}configuration-ephemeral-storage.html",
        "lint",
    ),
    Mutant(
        "logs-its-environment",
        "The environment is logged with each invocation, credentials and all",
        [
            Rewrite(
                _HANDLER,
                "handler",
                "invocation = $X",
                'logger.info("Environment", environment=dict(os.environ))\ninvocation = $X',
            )
        ],
        "Whoever may read the logs has the role's secret key and token.",
        f"{_LAMBDA}configuration-envvars.html",
        "lint",
    ),
    # What was written for an emulator
    Mutant(
        "credentials-of-an-emulator",
        "The client of S3 has a key of its own",
        [
            Rewrite(
                _HANDLER,
                "",
                'boto3.client("s3", $...ARGS)',
                'boto3.client("s3", $...ARGS,\n    '
                'aws_access_key_id="test", aws_secret_access_key="test")',
            )
        ],
        f"{_FAILS}: InvalidAccessKeyId, nobody issued it.",
        f"{_LAMBDA}lambda-intro-execution-role.html",
        "lint",
    ),
    Mutant(
        "credentials-of-an-emulator-out-of-sight",
        "The client of S3 has a key of its own, in a way that no reader of the code sees",
        [
            Rewrite(
                _HANDLER,
                "",
                'boto3.client("s3", $...ARGS)',
                'boto3.client("s3", None, None, True, None, None, *["test"] * 2, $...ARGS)',
            )
        ],
        f"{_FAILS}: InvalidAccessKeyId, nobody issued it.",
        f"{_LAMBDA}lambda-intro-execution-role.html",
        "contract",
    ),
    Mutant(
        "endpoint-of-an-emulator",
        "The client of SNS is sent to the developer's machine",
        [
            Rewrite(
                _HANDLER,
                "",
                'boto3.client("sns", $...ARGS)',
                'boto3.client("sns", $...ARGS, endpoint_url="http://127.0.0.1:4566")',
            )
        ],
        f"{_FAILS}: EndpointConnectionError, nothing listens there.",
        "https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html",
        "lint",
    ),
]
