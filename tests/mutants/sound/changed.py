"""What a team changes: names, figures, properties of what is there."""

from collections.abc import Sequence

from tests.mutants.mutant import Change
from tests.mutants.template_edits import Add, Append, Remove, Rename, Replace, Set

_REQUIREMENTS = "infra/requirements.yml"
_DASHBOARD = "Dashboard.Properties.DashboardBody"
_TAGS = "[{Key: team, Value: imaging}, {Key: cost-centre, Value: '4711'}]"


def _renamed(**names: str) -> Sequence[Rename]:
    return [Rename(old, new) for old, new in names.items()]


def _required(path: str, value: str) -> Set:
    return Set(path, value, file=_REQUIREMENTS)


SOUND_CHANGES = [
    # Events
    Change(
        "capitals-too",
        "Pictures named .JPG, .JPEG and .PNG are processed too",
        [
            Set(
                "BucketNotifications.Properties.Suffixes",
                "[.jpg, .jpeg, .png, .JPG, .JPEG, .PNG]",
            )
        ],
    ),
    Change(
        "another-suffix",
        "What phones name .jpe is processed too",
        [Set("BucketNotifications.Properties.Suffixes", "[.png, .jpe, .jpeg, .jpg]")],
    ),
    # Alarms
    Change(
        "six-or-more",
        "Six errors or more, which is more than five",
        [
            Set("ErrorAlarm.Properties.Threshold", "6"),
            Set("ErrorAlarm.Properties.ComparisonOperator", "GreaterThanOrEqualToThreshold"),
        ],
    ),
    Change(
        "no-word-of-the-end",
        "The alarm on durations says nothing when it ends",
        [Remove("DurationAlarm.Properties.OKActions")],
    ),
    Change(
        "throttles-within-a-minute",
        "The alarm on throttles looks at a minute",
        [Set("ThrottleAlarm.Properties.Period", "60")],
    ),
    Change(
        "no-alarm-on-rejections",
        "Nobody wants to be woken by a bad picture",
        [
            Remove("RejectedImagesAlarm"),
            Replace(_DASHBOARD, '"${ThrottleAlarm.Arn}",', '"${ThrottleAlarm.Arn}"'),
            Replace(_DASHBOARD, '"${RejectedImagesAlarm.Arn}"', ""),
        ],
    ),
    # Names
    Change(
        "buckets-with-other-logical-ids",
        "UploadBucket is Inbox, ProcessedBucket is Gallery",
        _renamed(UploadBucket="Inbox", ProcessedBucket="Gallery"),
    ),
    Change(
        "functions-with-other-logical-ids",
        "All three functions have other logical ids",
        _renamed(
            ImageProcessor="Resizer",
            FailureNotifier="Reporter",
            BucketNotificationsFunction="Setup",
        ),
    ),
    Change(
        "everything-else-with-other-logical-ids",
        "So have topic, queue, log group, alarms, custom resource and dashboard",
        _renamed(
            NotificationTopic="Announcements",
            FailureQueue="Undone",
            ImageProcessorLogGroup="Log",
            ErrorAlarm="TooManyErrors",
            RejectedImagesAlarm="BadPictures",
            BucketNotifications="UploadEvents",
            Dashboard="Overview",
        ),
    ),
    Change(
        "function-with-another-name",
        "The function and its log group are named otherwise",
        [
            Set("ImageProcessor.Properties.FunctionName", "!Sub 'resize-${EnvironmentSuffix}'"),
            Set(
                "ImageProcessorLogGroup.Properties.LogGroupName",
                "!Sub '/aws/lambda/resize-${EnvironmentSuffix}'",
            ),
        ],
    ),
    Change(
        "names-made-by-cloudformation",
        "Function, topic and queue have no names of their own",
        [
            Remove("ImageProcessor.Properties.FunctionName"),
            Remove("NotificationTopic.Properties.TopicName"),
            Remove("FailureQueue.Properties.QueueName"),
        ],
    ),
    Change(
        "buckets-with-other-names",
        "The buckets are named otherwise",
        [
            Replace("UploadBucket.Properties.BucketName", "image-upload-bucket", "photos-in"),
            Replace(
                "ProcessedBucket.Properties.BucketName", "processed-images-bucket", "photos-out"
            ),
        ],
    ),
    # Figures, with the requirements
    Change(
        "more-memory",
        "1,024 MB, as agreed on",
        [
            Set("ImageProcessor.Properties.MemorySize", "1024"),
            _required("function.memory_mb", "1024"),
        ],
    ),
    Change(
        "three-errors",
        "The alarm is raised above 3 errors, as agreed on",
        [Set("ErrorAlarm.Properties.Threshold", "3"), _required("alarms.0.above", "3")],
    ),
    Change(
        "logs-for-two-weeks",
        "Every log group keeps its events for 14 days, as agreed on",
        [
            *(
                Set(f"{group}.Properties.RetentionInDays", "14")
                for group in (
                    "ImageProcessorLogGroup",
                    "FailureNotifierLogGroup",
                    "BucketNotificationsLogGroup",
                )
            ),
            _required("logs.retention_days", "14"),
        ],
    ),
    # Properties
    Change(
        "tags",
        "Buckets, function, topic and queue have tags",
        [
            Add(f"{resource}.Properties.Tags", _TAGS)
            for resource in ("UploadBucket", "ImageProcessor", "NotificationTopic", "FailureQueue")
        ],
    ),
    Change(
        "outputs-go-to-infrequent-access",
        "Outputs are moved to a cheaper class after 90 days",
        [
            Append(
                "ProcessedBucket..LifecycleConfiguration.Rules",
                """
                Id: Cheaper
                Status: Enabled
                Prefix: processed/
                Transitions: [{StorageClass: STANDARD_IA, TransitionInDays: 90}]
                """,
            )
        ],
    ),
    Change(
        "lifecycle-in-two",
        "Old versions and delete markers go by two rules",
        [
            Remove("UploadBucket..ExpireOldVersions.ExpiredObjectDeleteMarker"),
            Append(
                "UploadBucket..LifecycleConfiguration.Rules",
                "{Id: RemoveDeleteMarkers, Status: Enabled, ExpiredObjectDeleteMarker: true}",
            ),
        ],
    ),
    Change(
        "failures-for-a-week",
        "The failure queue keeps messages for seven days and hands them out for a minute",
        [
            Set("FailureQueue.Properties.MessageRetentionPeriod", "604800"),
            Add("FailureQueue.Properties.VisibilityTimeout", "60"),
        ],
    ),
    Change(
        "room-in-tmp",
        "The function has 1 GB in /tmp",
        [Add("ImageProcessor.Properties.EphemeralStorage", "{Size: 1024}")],
    ),
    Change(
        "log-level",
        "The function gets a log level",
        [Add("ImageProcessor..Variables.POWERTOOLS_LOG_LEVEL", "INFO")],
    ),
    Change(
        "metrics-of-another-name",
        "The function's own metrics have another namespace and service",
        [
            Set("ImageProcessor..POWERTOOLS_METRICS_NAMESPACE", "Img"),
            Set("ImageProcessor..POWERTOOLS_SERVICE_NAME", "resize"),
            Set("RejectedImagesAlarm.Properties.Namespace", "Img"),
            Set("RejectedImagesAlarm..service.Value", "resize"),
            Replace(_DASHBOARD, '"TapStack"', '"Img"'),
            Replace(_DASHBOARD, '"image-processor"', '"resize"'),
        ],
    ),
    Change(
        "concurrency-of-fifty",
        "Fifty executions are reserved",
        [Set("Parameters.ReservedConcurrency.Default", "50")],
    ),
    Change(
        "events-for-an-hour",
        "Events are tried for an hour, time enough for two retries",
        [Set("ImageProcessorInvokeConfig.Properties.MaximumEventAgeInSeconds", "3600")],
    ),
    Change(
        "more-for-the-notifier",
        "The failure notifier has more memory and less time",
        [
            Set("FailureNotifier.Properties.MemorySize", "384"),
            Set("FailureNotifier.Properties.Timeout", "25"),
        ],
    ),
    Change(
        "role-below-a-path",
        "The function's role has a path",
        [Add("ImageProcessorRole.Properties.Path", "/imaging/")],
    ),
    Change(
        "statements-split",
        "Reading objects and reading versions are two statements",
        [
            Remove("ImageProcessorRole..ReadUploads.Action.s3:GetObjectVersion"),
            Append(
                "ImageProcessorRole..image-processor.PolicyDocument.Statement",
                """
                Sid: ReadVersions
                Effect: Allow
                Action: s3:GetObjectVersion
                Resource: !Sub ${UploadBucket.Arn}/uploads/*
                """,
            ),
        ],
    ),
    Change(
        "words",
        "Descriptions and the topic's display name are others",
        [
            Set(
                "ImageProcessor.Properties.Description",
                "Makes each picture small and announces the outcome.",
            ),
            Set("NotificationTopic.Properties.DisplayName", "Pictures"),
        ],
    ),
]
