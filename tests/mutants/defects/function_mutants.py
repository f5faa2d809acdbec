"""Defects in the image processor and the failure notifier."""

from tests.mutants.mutant import Edit, Mutant, template

_AWS = "https://docs.aws.amazon.com/"
_LAMBDA = f"{_AWS}lambda/latest/dg/"
_S3 = f"{_AWS}AmazonS3/latest/userguide/"
_EVENT = f"{_S3}notification-content-structure.html"
_EVENTS = f"{_S3}EventNotifications.html"
_ASYNC = f"{_LAMBDA}invocation-async-error-handling.html"
_RUNTIME = f"{_LAMBDA}lambda-runtimes.html"
_SPEC = "TapStack: what the function promises (docs/pipeline.md)"

_FAILS = "Every invocation fails"
_TOLD_TWICE = "S3 delivers at least once: people are told twice of the same picture."


def _in(module: str, old: str, new: str) -> Edit:
    return Edit(f"lambda/image_processor/{module}.py", old, new)


def _in_notifier(old: str, new: str) -> Edit:
    return Edit("lambda/failure_notifier/handler.py", old, new)


MUTANTS = [
    # Memory
    Mutant(
        "memory-grows",
        "The function keeps 300 KB of every invocation",
        [
            _in("handler", "PROCESSED_BUCKET = os", '_RECENT = [b""]\nPROCESSED_BUCKET = os'),
            _in(
                "handler",
                "    invocation = Invocation.of(",
                "    _RECENT.append(bytes(1) * 300_000)\n    invocation = Invocation.of(",
            ),
        ],
        "Out of memory in the middle of a day, in whatever invocation is the last straw.",
        f"{_LAMBDA}configuration-memory.html",
        "contract",
    ),
    # Reading events
    Mutant(
        "key-unquoted-without-plus",
        "unquote instead of unquote_plus",
        [
            _in("uploads", "import unquote_plus", "import unquote"),
            _in("uploads", "unquote_plus(s3", "unquote(s3"),
        ],
        "NoSuchKey for every key with a space, which S3 sends as a plus.",
        _EVENT,
        "contract",
    ),
    Mutant(
        "key-as-it-comes",
        "The key of the event is not decoded",
        [_in("uploads", "key = unquote_plus(s3.get_object.key)", "key = str(s3.get_object.key)")],
        "NoSuchKey for every key that is not plain ASCII.",
        _EVENT,
        "contract",
    ),
    Mutant(
        "reads-the-latest-version",
        "The version of the event is not read",
        [
            _in(
                "uploads",
                '{"VersionId": upload.version_id} if upload.version_id else {}',
                "dict[str, str]()",
            )
        ],
        "A newer picture is announced as the older one.",
        f"{_S3}versioning-workflows.html",
        "contract",
    ),
    Mutant(
        "only-the-first-record",
        "The rest of an event's records is ignored",
        [_in("handler", "S3Event(event).records:", "list(S3Event(event).records)[:1]:")],
        "Uploads are lost where an event tells of several.",
        _EVENT,
        "contract",
    ),
    Mutant(
        "test-event-fails",
        "s3:TestEvent has no records",
        [_in("handler", '    if "Records" not in event:', '    if event.get("Unheard"):')],
        "The event that S3 sends when notifications are set fails, three times.",
        f"{_S3}notification-content-structure.html",
        "contract",
    ),
    # Order and duplicates
    Mutant(
        "no-idempotency",
        "The output is written without a condition",
        [
            _in(
                "outputs",
                '    condition = {"IfNoneMatch": "*"}\n    for',
                "    condition = dict[str, str]()\n    for",
            )
        ],
        _TOLD_TWICE,
        _EVENTS,
        "contract",
    ),
    Mutant(
        "duplicates-are-announced",
        "A duplicate is noticed and announced all the same",
        [
            _in(
                "handler",
                "    if verdict is Verdict.DUPLICATE:\n        return None\n",
                '    if verdict is Verdict.DUPLICATE:\n        _count("DuplicateEvents")\n',
            )
        ],
        _TOLD_TWICE,
        _EVENTS,
        "contract",
    ),
    Mutant(
        "rejections-are-announced-twice",
        "No receipt is looked at for a rejection",
        [
            _in(
                "handler",
                "contested=True)\n\n    now",
                "contested=False)\n\n    now",
            )
        ],
        _TOLD_TWICE,
        _EVENTS,
        "contract",
    ),
    Mutant(
        "order-is-ignored",
        "What comes last is written last",
        [
            _in(
                "outputs",
                "if uploads.newer(upload.sequencer, current.sequencer):",
                "if upload.sequencer:",
            )
        ],
        "An older picture replaces the newer one: S3 keeps no order.",
        _EVENT,
        "contract",
    ),
    Mutant(
        "sequencers-as-numbers",
        "The longer sequencer counts as the later",
        [
            _in(
                "uploads",
                'return sequencer.upper().ljust(length, "0") > other.upper().ljust(length, "0")',
                'return int(sequencer or "0", 16) > int(other or "0", 16) and length > 0',
            )
        ],
        "Once a sequencer is shorter, the newer picture is thrown away.",
        _EVENT,
        "contract",
    ),
    # Errors
    Mutant(
        "errors-are-swallowed",
        "A fault is logged, and Lambda hears of none",
        [_in("handler", "        raise NotFinished(", "        logger.error(")],
        "No retry, no failure destination: the upload is lost.",
        _ASYNC,
        "contract",
    ),
    Mutant(
        "everything-is-fine",
        "Whatever is raised, the upload counts as done",
        [_in("handler", "                failed.append(upload.key)\n", "")],
        "No retry, no failure destination: the upload is lost.",
        _ASYNC,
        "contract",
    ),
    Mutant(
        "bad-images-are-retried",
        "A rejection is raised",
        [
            _in(
                "handler",
                "        message = announcements.rejected(",
                "        raise NotFinished(str(rejection)) from rejection\n"
                "        message = announcements.rejected(",
            )
        ],
        "Each bad picture is tried three times, and raises the alarm for errors.",
        _ASYNC,
        "contract",
    ),
    Mutant(
        "rejections-are-not-counted",
        "No metric for rejected images",
        [
            _in(
                "handler",
                "    _count(record.metric)",
                '    if status != "rejected":\n        _count(record.metric)',
            )
        ],
        "The alarm for rejected images never rings.",
        f"{_AWS}AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html",
        "lint",
    ),
    Mutant(
        "metrics-without-the-function",
        "The dimension function_name is not set",
        [
            _in(
                "handler",
                'metrics.set_default_dimensions(function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"])\n',
                "",
            )
        ],
        "The alarm compares all dimensions and finds no data.",
        f"{_AWS}AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html",
        "lint",
    ),
    # The package and what is around it
    Mutant(
        "import-that-is-in-no-package",
        "numpy is on the developer's machine, not in requirements.in",
        [_in("imaging", "from PIL import Image\n", "import numpy as np\nfrom PIL import Image\n")],
        f"{_FAILS}: Runtime.ImportModuleError.",
        f"{_LAMBDA}python-package.html",
        "lint",
    ),
    Mutant(
        "import-of-the-emulator",
        "LocalStack's modules are not on AWS",
        [_in("handler", "import boto3\n", "import boto3\nfrom localstack.utils import strings\n")],
        f"{_FAILS}: Runtime.ImportModuleError.",
        f"{_LAMBDA}python-package.html",
        "lint",
    ),
    Mutant(
        "import-inside-a-function",
        "A module that is not there, imported when it is needed",
        [
            _in(
                "imaging",
                "        from PIL import ImageCms\n",
                "        import colour\n        from PIL import ImageCms\n",
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
            _in(
                "imaging",
                "except (rejections.Rejection, MemoryError):",
                "except rejections.Rejection, MemoryError:",
            )
        ],
        f"{_FAILS}: Runtime.UserCodeSyntaxError.",
        _RUNTIME,
        "lint",
    ),
    Mutant(
        "variable-of-the-developer",
        "An environment variable that only the developer has",
        [
            _in(
                "handler",
                'TOPIC_ARN = os.environ["TOPIC_ARN"]',
                'TOPIC_ARN = os.environ["TOPIC_ARN"]\nSTAGE = os.environ["STAGE"]',
            )
        ],
        f"{_FAILS}: KeyError while the module is loaded.",
        f"{_LAMBDA}configuration-envvars.html",
        "lint",
    ),
    Mutant(
        "profile-of-the-developer",
        "The client takes a profile of ~/.aws",
        [
            _in(
                "handler",
                '_S3 = boto3.client("s3"',
                '_S3 = boto3.Session(profile_name="default").client("s3"',
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
            _in(
                "handler",
                '_SNS = boto3.client("sns"',
                '_SNS = boto3.client("sns", endpoint_url="http://localhost:4566"',
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
            _in(
                "handler",
                'TOPIC_ARN = os.environ["TOPIC_ARN"]',
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
            _in(
                "imaging",
                "    source = containers.essentials(data)\n",
                '    with open("last-upload", "wb") as copy:\n        copy.write(data)\n'
                "    source = containers.essentials(data)\n",
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
            _in(
                "handler",
                "    if metrics.metric_set:\n",
                "    os._exit(0)\n    if metrics.metric_set:\n",
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
            _in(
                "handler",
                "    record.log(record.text",
                '    print("Processed", upload.key)\n    record.log(record.text',
            )
        ],
        "Lines that are not JSON: queries and metric filters on the log do not find them.",
        f"{_LAMBDA}monitoring-cloudwatchlogs-logformat.html",
        "contract",
    ),
    Mutant(
        "calls-outlast-the-function",
        "The clients have botocore's own timeouts, 60 s as the function's",
        [_in("handler", "    connect_timeout=3,\n    read_timeout=10,\n", "")],
        "A call that hangs ends with the function, without a word and without a second try.",
        f"{_LAMBDA}troubleshooting-invocation.html",
        "lint",
    ),
    Mutant(
        "keeps-every-upload",
        "Every upload is kept in a module's list",
        [
            _in(
                "uploads",
                'PREFIX = "uploads/"\n',
                'PREFIX = "uploads/"\n_RECENT: list[bytes] = []\n',
            ),
            _in(
                "uploads",
                '        return Source(body.read(), response["Metadata"])',
                (
                    "        _RECENT.append(body.read())\n"
                    '        return Source(_RECENT[-1], response["Metadata"])'
                ),
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
            _in(
                "imaging",
                "from io import BytesIO\n",
                "from io import BytesIO\nfrom tempfile import NamedTemporaryFile\n",
            ),
            _in(
                "imaging",
                "    source = containers.essentials(data)\n",
                (
                    "    with NamedTemporaryFile(delete=False) as copy:\n"
                    "        copy.write(data)\n"
                    "    source = containers.essentials(data)\n"
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
            _in(
                "handler",
                "    invocation = Invocation.of(event",
                (
                    '    logger.info("Environment", environment=dict(os.environ))\n'
                    "    invocation = Invocation.of(event"
                ),
            )
        ],
        "Whoever may read the logs has the role's secret key and token.",
        f"{_LAMBDA}configuration-envvars.html",
        "lint",
    ),
    Mutant(
        "notifications-may-fail",
        "A notification that cannot be sent is logged and forgotten",
        [
            _in(
                "announcements",
                (
                    "    sns.publish(\n"
                    "        TopicArn=topic_arn,\n"
                    '        Subject=subject(message["status"], message["source"]["key"]),\n'
                    "        Message=json.dumps(message, ensure_ascii=False),\n"
                    '        MessageAttributes={"status": {"DataType": "String", "StringValue": '
                    'message["status"]}},\n'
                    "    )\n"
                ),
                (
                    "    with suppress(Exception):\n"
                    "        sns.publish(\n"
                    "            TopicArn=topic_arn,\n"
                    '            Subject=subject(message["status"], message["source"]["key"]),\n'
                    "            Message=json.dumps(message, ensure_ascii=False),\n"
                    '            MessageAttributes={"status": {"DataType": "String", '
                    '"StringValue": message["status"]}},\n'
                    "        )\n"
                ),
            ),
            _in("announcements", "import json\n", "import json\nfrom contextlib import suppress\n"),
        ],
        "SNS has a bad minute, and nobody ever hears of those pictures.",
        f"{_LAMBDA}invocation-async-error-handling.html",
        "lint",
    ),
    Mutant(
        "redrive-is-a-duplicate",
        "redriveOf is not read",
        [
            _in(
                "handler",
                "Invocation.of(event, context.aws_request_id)",
                "Invocation.of({}, context.aws_request_id)",
            )
        ],
        "An upload that was written and not announced is sent again, and again not announced.",
        f"{_LAMBDA}invocation-async-retain-records.html",
        "wiring",
    ),
    Mutant(
        "profiles-are-dropped",
        "A colour profile is thrown away without a conversion",
        [
            _in(
                "imaging",
                "    if profile:\n        # Rare",
                '    if profile and image.mode == "CMYK":\n        # Rare',
            )
        ],
        "Photos of newer phones come out pale.",
        _SPEC,
        "contract",
    ),
    # Images
    Mutant(
        "decodes-at-full-size",
        "A large photo is decoded as it is",
        [
            _in(
                "imaging",
                "image.draft(None, (int(size[0] * DRAFT_GAP), int(size[1] * DRAFT_GAP)))",
                "image.draft(None, stored)",
            ),
            _in("imaging", "MAX_WORKING_BYTES = 352 * 2**20", "MAX_WORKING_BYTES = 4096 * 2**20"),
        ],
        "Runtime.OutOfMemory: 120 megapixels take 479 MB.",
        f"{_LAMBDA}troubleshooting-invocation.html",
        "contract",
    ),
    Mutant(
        "believes-every-header",
        "No limit on pixels and memory",
        [
            _in("imaging", "MAX_PIXELS = 120_000_000", "MAX_PIXELS = 10**12"),
            _in("imaging", "MAX_WORKING_BYTES = 352 * 2**20", "MAX_WORKING_BYTES = 10**12"),
        ],
        "Runtime.OutOfMemory for a file of 0.7 MB.",
        f"{_LAMBDA}troubleshooting-invocation.html",
        "contract",
    ),
    Mutant(
        "is-slow",
        "Every upload takes 50 seconds",
        [
            _in(
                "handler",
                "from time import perf_counter\n",
                "from time import perf_counter, sleep\n",
            ),
            _in(
                "handler",
                "    started = perf_counter()\n",
                "    started = perf_counter()\n    sleep(50)\n",
            ),
        ],
        "Within ten seconds of the timeout, and over the threshold of the alarm.",
        f"{_LAMBDA}configuration-timeout.html",
        "contract",
    ),
    Mutant(
        "orientation-is-ignored",
        "Photos stay as the sensor saw them",
        [
            _in(
                "imaging",
                "if orientation in _TO_UPRIGHT:",
                "if orientation > 8:",
            )
        ],
        "Portraits lie on their side.",
        _SPEC,
        "contract",
    ),
    Mutant(
        "place-is-kept",
        "EXIF, and with it the place, goes into the output",
        [
            _in(
                "jpeg_parts",
                "            exif.append(",
                "            kept.append(segment.whole)\n"
                "            size += len(segment.whole)\n"
                "            exif.append(",
            ),
            _in(
                "imaging",
                'for key in ("transparency",) if',
                'for key in ("transparency", "exif") if',
            ),
            _in(
                "imaging",
                'image.save(file, "JPEG", ',
                'image.save(file, "JPEG", exif=image.info.get("exif", b""), ',
            ),
        ],
        "Whoever sees the picture can see where its maker lives.",
        _SPEC,
        "contract",
    ),
    Mutant(
        "small-images-are-enlarged",
        "Every output has 1024 pixels",
        [_in("imaging", "scale = min(1.0, BOX / max(size))", "scale = BOX / max(size)")],
        "Avatars come out blurred and several times as large.",
        _SPEC,
        "contract",
    ),
    Mutant(
        "transparency-is-lost",
        "Every picture becomes RGB",
        [
            _in(
                "imaging",
                'return image.convert("RGB") if image.mode == "CMYK" else image',
                'return image.convert("RGB")',
            )
        ],
        "Logos get a black ground.",
        _SPEC,
        "contract",
    ),
    # Outputs
    Mutant(
        "metadata-is-lost",
        "The output has no metadata",
        [_in("outputs", "                Metadata=metadata,\n", "")],
        "The uploader's metadata is gone.",
        f"{_S3}UsingMetadata.html",
        "contract",
    ),
    Mutant(
        "metadata-over-the-limit",
        "What was done is added, whether there is room or not",
        [_in("outputs", "MAX_METADATA_BYTES = 2048", "MAX_METADATA_BYTES = 20480")],
        "PutObject fails: MetadataTooLarge.",
        f"{_S3}UsingMetadata.html",
        "contract",
    ),
    Mutant(
        "content-type-by-name",
        "The content type comes from the extension",
        [
            _in(
                "outputs",
                "from email.header import Header\n",
                "import mimetypes\nfrom email.header import Header\n",
            ),
            _in(
                "outputs",
                "ContentType=image.content_type",
                'ContentType=mimetypes.guess_type(key)[0] or "image/jpeg"',
            ),
        ],
        "Browsers do not show a PNG that is named .jpg with nosniff.",
        f"{_AWS}AmazonS3/latest/API/API_PutObject.html",
        "contract",
    ),
    Mutant(
        "output-under-a-new-name",
        "The output loses the folders of its upload",
        [
            _in(
                "outputs",
                "output = PREFIX + key.removeprefix(uploads.PREFIX)",
                'output = PREFIX + key.rpartition("/")[2]',
            )
        ],
        "Two uploads of the same name overwrite each other.",
        _SPEC,
        "contract",
    ),
    Mutant(
        "output-into-its-own-bucket",
        "Outputs go to the upload bucket, below uploads/, and the role lets them",
        [
            _in("outputs", 'PREFIX = "processed/"', 'PREFIX = "uploads/small/"'),
            _in(
                "handler",
                "outputs.store(_S3, PROCESSED_BUCKET, upload",
                "outputs.store(_S3, upload.bucket, upload",
            ),
            template("${UploadBucket.Arn}/receipts/*", "${UploadBucket.Arn}/*"),
        ],
        "Each output is an upload again: Lambda stops the loop after 16 rounds.",
        f"{_LAMBDA}invocation-recursion.html",
        "lint",
    ),
    # Notifications
    Mutant(
        "subject-as-long-as-the-key",
        "The whole key is in the mail's subject",
        [
            _in(
                "announcements",
                'return start + (plain if len(plain) <= room else "..." + plain[3 - room :])',
                "return start + plain[: room + 1000]",
            )
        ],
        "Publish fails: InvalidParameter, at most 100 characters.",
        f"{_AWS}sns/latest/api/API_Publish.html",
        "contract",
    ),
    Mutant(
        "subject-in-any-script",
        "The key is in the mail's subject as it is",
        [
            _in(
                "announcements",
                '"".join(char if " " <= char <= "~" else "?" for char in key)',
                "key[:]",
            )
        ],
        "Publish fails: InvalidParameter, ASCII only.",
        f"{_AWS}sns/latest/api/API_Publish.html",
        "contract",
    ),
    Mutant(
        "key-in-the-message-as-it-came",
        "The notification has the key percent-encoded",
        [
            _in("announcements", "import json\n", "import json\nfrom urllib.parse import quote\n"),
            _in("announcements", '"key": upload.key,', '"key": quote(upload.key),'),
        ],
        "Who reads it looks for a key that is not there.",
        _SPEC,
        "contract",
    ),
    # What was written for an emulator
    Mutant(
        "credentials-of-an-emulator",
        "The client of S3 has a key of its own",
        [
            _in(
                "handler",
                '_S3 = boto3.client("s3", config=_CONFIG)',
                '_S3 = boto3.client(\n    "s3", config=_CONFIG, aws_access_key_id="test",'
                ' aws_secret_access_key="test"\n)',
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
            _in(
                "handler",
                '_S3 = boto3.client("s3", config=_CONFIG)',
                '_S3 = boto3.client("s3", None, None, True, None, None, *["test"] * 2,'
                " config=_CONFIG)",
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
            _in(
                "handler",
                '_SNS = boto3.client("sns", config=_CONFIG)',
                '_SNS = boto3.client("sns", config=_CONFIG, endpoint_url="http://127.0.0.1:4566")',
            )
        ],
        f"{_FAILS}: EndpointConnectionError, nothing listens there.",
        "https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html",
        "lint",
    ),
    # The failure notifier
    Mutant(
        "failures-are-not-kept",
        "The failure notifier announces and keeps nothing",
        [
            _in_notifier(
                '    keep(record, boto3.client("sqs", config=_CONFIG), os.environ["QUEUE_URL"])\n',
                "",
            )
        ],
        "The event cannot be sent again.",
        f"{_LAMBDA}invocation-async-retain-records.html",
        "wiring",
    ),
    Mutant(
        "failures-with-an-encoded-key",
        "The failure notifier does not decode the key",
        [
            _in_notifier(
                '"key": unquote_plus(item["s3"]["object"]["key"])',
                '"key": item["s3"]["object"]["key"]',
            )
        ],
        "Who reads it looks for a key that is not there.",
        _EVENT,
        "wiring",
    ),
    Mutant(
        "failures-in-another-shape",
        "The notifier reads the S3 event itself, not the record around it",
        [_in_notifier('event = record.get("requestPayload")', "event = record")],
        "The notification does not say which picture failed.",
        f"{_LAMBDA}invocation-async-retain-records.html",
        "wiring",
    ),
]
