"""Defects in the properties of the functions."""

from tests.mutants.mutant import Mutant
from tests.mutants.template_edits import Add, Remove, Set

_AWS = "https://docs.aws.amazon.com/"
_LAMBDA = f"{_AWS}lambda/latest/"
_REFERENCE = f"{_AWS}AWSCloudFormation/latest/TemplateReference/"

MUTANTS = [
    Mutant(
        "timeout-too-long",
        "Timeout: 901",
        [Set("ImageProcessor.Properties.Timeout", "901")],
        "CreateFunction fails: the timeout is at most 900.",
        f"{_LAMBDA}dg/gettingstarted-limits.html",
        "lint",
    ),
    Mutant(
        "memory-too-small",
        "MemorySize: 64",
        [Set("ImageProcessor.Properties.MemorySize", "64")],
        "CreateFunction fails: the memory is at least 128.",
        f"{_LAMBDA}dg/gettingstarted-limits.html",
        "lint",
    ),
    Mutant(
        "memory-too-small-to-run",
        "MemorySize: 128 for photos of 120 megapixels",
        [Set("ImageProcessor.Properties.MemorySize", "128")],
        "Runtime.OutOfMemory as soon as a large photo comes.",
        f"{_LAMBDA}dg/troubleshooting-invocation.html",
        "lint",
    ),
    Mutant(
        "reserved-variable",
        "AWS_REGION among the environment variables",
        [Add("ImageProcessor..Variables.AWS_REGION", "us-east-1")],
        "CreateFunction fails: reserved keys.",
        f"{_LAMBDA}dg/configuration-envvars.html",
        "lint",
    ),
    Mutant(
        "missing-variable",
        "TOPIC_ARN is not set",
        [Remove("ImageProcessor..TOPIC_ARN")],
        "Every invocation fails while the module is loaded: KeyError.",
        f"{_LAMBDA}dg/configuration-envvars.html",
        "lint",
    ),
    Mutant(
        "variable-of-another-resource",
        "PROCESSED_BUCKET is the upload bucket",
        [Set("ImageProcessor..PROCESSED_BUCKET", "!Ref UploadBucket")],
        "The role may not write there: AccessDenied.",
        f"{_LAMBDA}dg/configuration-envvars.html",
        "lint",
    ),
    Mutant(
        "retired-runtime",
        "Runtime: python3.7",
        [Set("ImageProcessor.Properties.Runtime", "python3.7")],
        "CreateFunction fails: the runtime is not supported any more.",
        f"{_LAMBDA}dg/lambda-runtimes.html",
        "lint",
    ),
    Mutant(
        "wrong-architecture",
        "The function is of another architecture than its package",
        [
            Add("Conditions.OtherArchitecture", "!Equals [!Ref Architecture, arm64]"),
            Set(
                "ImageProcessor.Properties.Architectures",
                "[!If [OtherArchitecture, x86_64, arm64]]",
            ),
        ],
        "Pillow's compiled modules cannot be loaded: Runtime.ImportModuleError.",
        f"{_LAMBDA}dg/foundation-arch.html",
        "lint",
    ),
    Mutant(
        "wrong-handler",
        "The handler is handler.lambda_handler",
        [Set("ImageProcessor.Properties.Handler", "handler.lambda_handler")],
        "Every invocation fails: Runtime.HandlerNotFound.",
        f"{_LAMBDA}dg/python-handler.html",
        "lint",
    ),
    Mutant(
        "concurrency-of-minus-one",
        "-1 is passed on as the reserved concurrency",
        [Set("ImageProcessor.Properties.ReservedConcurrentExecutions", "!Ref ReservedConcurrency")],
        "PutFunctionConcurrency fails: at least 0.",
        f"{_LAMBDA}api/API_PutFunctionConcurrency.html",
        "lint",
    ),
    Mutant(
        "one-at-a-time",
        "One reserved execution by default",
        [Set("Parameters.ReservedConcurrency.Default", "1")],
        "All uploads but one at a time are throttled: the alarm is raised, and pictures wait.",
        f"{_LAMBDA}dg/configuration-concurrency.html",
        "daily-load",
    ),
    Mutant(
        "retries-that-come-too-late",
        "Events live for a minute, so that their first retry comes too late",
        [Set("ImageProcessorInvokeConfig.Properties.MaximumEventAgeInSeconds", "60")],
        "The first fault of a service is the last: EventAgeExceeded, for a person to send again.",
        f"{_LAMBDA}dg/invocation-async-error-handling.html",
        "lint",
    ),
    Mutant(
        "event-age-too-short",
        "MaximumEventAgeInSeconds: 30",
        [Set("ImageProcessorInvokeConfig.Properties.MaximumEventAgeInSeconds", "30")],
        "PutFunctionEventInvokeConfig fails: at least 60.",
        f"{_LAMBDA}api/API_PutFunctionEventInvokeConfig.html",
        "lint",
    ),
    Mutant(
        "invoke-config-of-no-version",
        "Qualifier: LATEST, without the $",
        [Set("ImageProcessorInvokeConfig.Properties.Qualifier", "LATEST")],
        "PutFunctionEventInvokeConfig fails: there is no such alias.",
        f"{_LAMBDA}api/API_PutFunctionEventInvokeConfig.html",
        "lint",
    ),
    Mutant(
        "custom-resource-waits-too-briefly",
        "ServiceTimeout is shorter than the function's timeout",
        [Set("BucketNotifications.Properties.ServiceTimeout", "30")],
        "The stack fails while the function is still at work.",
        f"{_REFERENCE}aws-resource-cloudformation-customresource.html",
        "lint",
    ),
    Mutant(
        "logs-of-another-function",
        "The image processor logs to the group of the failure notifier",
        [Set("ImageProcessor..LogGroup", "!Ref FailureNotifierLogGroup")],
        "Its role may not write there: nothing is logged, and its metrics are lost.",
        f"{_LAMBDA}dg/monitoring-cloudwatchlogs-loggroups.html",
        "lint",
    ),
    Mutant(
        "notifier-has-three-seconds",
        "The failure notifier's timeout is not set, which makes it 3 s",
        [Remove("FailureNotifier.Properties.Timeout")],
        "Its own calls may take five seconds each: failures are never reported.",
        f"{_AWS}lambda/latest/dg/configuration-timeout.html",
        "lint",
    ),
]
