"""Sound changes of a template: what a team may do to it, and the gate has to let pass.

Each is a change that works on AWS and keeps to requirements.yml, or changes it as well.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import TEMPLATE, Change, DoesNotApply, Edit, template, without

REQUIREMENTS = "infra/requirements.yml"


@dataclass(frozen=True)
class Rename:
    """`old` is called `new` wherever it stands as a whole word in the template."""

    old: str
    new: str
    file: str = TEMPLATE

    def apply(self, root: Path) -> None:
        """Rename it below `root`. Raises DoesNotApply if it is not there."""
        path = root / self.file
        name = rf"(?<!::)\b{self.old}\b"  # no resource type
        text, count = re.subn(name, self.new, path.read_text(encoding="utf-8"))
        if not count:
            raise DoesNotApply(f"{self.file} has no {self.old}")
        path.write_text(text, encoding="utf-8")


def _required(old: str, new: str) -> Edit:
    return Edit(REQUIREMENTS, old, new)


def _added(resources: str) -> Edit:
    """The template with further resources."""
    return template("  Dashboard:\n    Type", f"{resources}\n  Dashboard:\n    Type")


def _renamed(**names: str) -> Sequence[Rename]:
    return [Rename(old, new) for old, new in names.items()]


def _alarm(name: str, body: str) -> str:
    return f"""\
  {name}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub {name.lower()}-${{EnvironmentSuffix}}
      EvaluationPeriods: 1
      TreatMissingData: notBreaching
      AlarmActions: [!Ref NotificationTopic]
{body}"""


def _on(namespace: str, metric: str, dimension: str, value: str, threshold: int = 0) -> str:
    return f"""\
      Namespace: {namespace}
      MetricName: {metric}
      Dimensions: [{{Name: {dimension}, Value: {value}}}]
      Statistic: Sum
      Period: 300
      Threshold: {threshold}
      ComparisonOperator: GreaterThanThreshold
"""


def _queue(name: str, policy: str = "") -> str:
    return f"""\
  {name}:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub {name.lower()}-${{EnvironmentSuffix}}
{policy}"""


_OPS_TOPIC = """\
  OpsTopic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub image-operations-${EnvironmentSuffix}

  OpsSubscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref OpsTopic, Protocol: email, Endpoint: oncall@example.com}
"""

_AUDIT = _queue(
    "AuditQueue",
    """
  AuditQueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref AuditQueue]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt AuditQueue.Arn
            Condition: {ArnEquals: {aws:SourceArn: !Ref NotificationTopic}}

  AuditSubscription:
    Type: AWS::SNS::Subscription
    DependsOn: AuditQueuePolicy
    Properties: {TopicArn: !Ref NotificationTopic, Protocol: sqs, Endpoint: !GetAtt AuditQueue.Arn}
""",
)

_ALL_ACTIONS = (
    "      AlarmActions: [!Ref NotificationTopic]\n      OKActions: [!Ref NotificationTopic]\n"
)
_TAGS = "Tags: [{Key: team, Value: imaging}, {Key: cost-centre, Value: '4711'}]\n"
_LOGS_STATEMENT = """\
              - Sid: WriteLogs
                Effect: Allow
                Action:
                  - logs:CreateLogStream
                  - logs:PutLogEvents
                Resource: !Sub """ + (
    "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
    "${FailureNotifierLogGroup}:*\n"
)

SOUND_CHANGES = [
    # Events
    Change(
        "capitals-too",
        "Pictures named .JPG, .JPEG and .PNG are processed too",
        [template("[.jpg, .jpeg, .png]", "[.jpg, .jpeg, .png, .JPG, .JPEG, .PNG]")],
    ),
    Change(
        "another-suffix",
        "What phones name .jpe is processed too",
        [template("[.jpg, .jpeg, .png]", "[.png, .jpe, .jpeg, .jpg]")],
    ),
    # Alarms
    Change(
        "errors-of-the-notifier",
        "An alarm on errors of the failure notifier",
        [
            _added(
                _alarm(
                    "NotifierErrors",
                    _on("AWS/Lambda", "Errors", "FunctionName", "!Ref FailureNotifier"),
                )
            )
        ],
    ),
    Change(
        "errors-of-the-custom-resource",
        "An alarm on errors of the custom resource's function",
        [
            _added(
                _alarm(
                    "SetupErrors",
                    _on("AWS/Lambda", "Errors", "FunctionName", "!Ref BucketNotificationsFunction"),
                )
            )
        ],
    ),
    Change(
        "depth-of-the-failure-queue",
        "An alarm on messages in the failure queue",
        [
            _added(
                _alarm(
                    "FailuresWaiting",
                    _on(
                        "AWS/SQS",
                        "ApproximateNumberOfMessagesVisible",
                        "QueueName",
                        "!GetAtt FailureQueue.QueueName",
                    ).replace("Sum", "Maximum"),
                )
            )
        ],
    ),
    Change(
        "failed-deliveries",
        "An alarm on notifications that could not be delivered",
        [
            _added(
                _alarm(
                    "DeliveriesFailed",
                    _on(
                        "AWS/SNS",
                        "NumberOfNotificationsFailed",
                        "TopicName",
                        "!GetAtt NotificationTopic.TopicName",
                    ),
                )
            )
        ],
    ),
    Change(
        "many-errors-too",
        "A second alarm, on more than fifty errors",
        [
            _added(
                _alarm(
                    "ManyErrors",
                    _on("AWS/Lambda", "Errors", "FunctionName", "!Ref ImageProcessor", 50),
                )
            )
        ],
    ),
    Change(
        "six-or-more",
        "Six errors or more, which is more than five",
        [
            template("Threshold: 5\n", "Threshold: 6\n", "ErrorAlarm"),
            template("GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "ErrorAlarm"),
        ],
    ),
    Change(
        "slowest-percent",
        "An alarm on the slowest percent of the invocations",
        [
            _added(
                _alarm(
                    "SlowestPercent",
                    _on("AWS/Lambda", "Duration", "FunctionName", "!Ref ImageProcessor", 55_000),
                ).replace("Statistic: Sum", "ExtendedStatistic: p99")
            )
        ],
    ),
    Change(
        "no-word-of-the-end",
        "The alarm on durations says nothing when it ends",
        [template("      OKActions: [!Ref NotificationTopic]\n", "", "DurationAlarm")],
    ),
    Change(
        "throttles-within-a-minute",
        "The alarm on throttles looks at a minute",
        [template("Period: 300", "Period: 60", "ThrottleAlarm")],
    ),
    Change(
        "no-alarm-on-rejections",
        "Nobody wants to be woken by a bad picture",
        [
            without("RejectedImagesAlarm:", "Resources"),
            template(
                '                  "${ThrottleAlarm.Arn}",\n'
                '                  "${RejectedImagesAlarm.Arn}"\n',
                '                  "${ThrottleAlarm.Arn}"\n',
            ),
        ],
    ),
    Change(
        "topic-for-operations",
        "Alarms notify a topic of their own",
        [
            _added(_OPS_TOPIC),
            *(
                template(_ALL_ACTIONS, _ALL_ACTIONS.replace("NotificationTopic", "OpsTopic"), alarm)
                for alarm in ("ErrorAlarm", "DurationAlarm", "ThrottleAlarm", "RejectedImagesAlarm")
            ),
        ],
    ),
    Change(
        "both-topics",
        "The alarm on rejected images notifies two topics",
        [
            _added(_OPS_TOPIC),
            template(
                _ALL_ACTIONS,
                _ALL_ACTIONS.replace("NotificationTopic]", "NotificationTopic, !Ref OpsTopic]"),
                "RejectedImagesAlarm",
            ),
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
            template("FunctionName: !Sub image-processor-$", "FunctionName: !Sub resize-$"),
            template("/aws/lambda/image-processor-$", "/aws/lambda/resize-$"),
        ],
    ),
    Change(
        "names-made-by-cloudformation",
        "Function, topic and queue have no names of their own",
        [
            without("FunctionName: !Sub image-processor-", "ImageProcessor"),
            without("TopicName:", "NotificationTopic"),
            without("QueueName:", "FailureQueue"),
        ],
    ),
    Change(
        "buckets-with-other-names",
        "The buckets are named otherwise",
        [
            template("!Sub image-upload-bucket-", "!Sub photos-in-"),
            template("!Sub processed-images-bucket-", "!Sub photos-out-"),
        ],
    ),
    # Figures, with the requirements
    Change(
        "more-memory",
        "1,024 MB, as agreed on",
        [template("MemorySize: 512", "MemorySize: 1024"), _required("mb: 512", "mb: 1024")],
    ),
    Change(
        "three-errors",
        "The alarm rings above 3 errors, as agreed on",
        [
            template("Threshold: 5\n", "Threshold: 3\n", "ErrorAlarm"),
            _required("above: 5,", "above: 3,"),
        ],
    ),
    Change(
        "logs-for-two-weeks",
        "Every log group keeps its events for 14 days, as agreed on",
        [
            *(
                template("RetentionInDays: 7", "RetentionInDays: 14", group)
                for group in (
                    "ImageProcessorLogGroup",
                    "FailureNotifierLogGroup",
                    "BucketNotificationsLogGroup",
                )
            ),
            _required("retention_days: 7", "retention_days: 14"),
        ],
    ),
    # Resources that are added
    Change("audit-queue", "A queue gets every notification", [_added(_AUDIT)]),
    Change("another-queue", "A queue that has nothing to do with it", [_added(_queue("Other"))]),
    Change(
        "another-address",
        "A second address gets every notification",
        [
            _added(
                "  SecondSubscription:\n    Type: AWS::SNS::Subscription\n    Properties:\n"
                "      TopicArn: !Ref NotificationTopic\n      Protocol: email\n"
                "      Endpoint: team@example.com\n"
            )
        ],
    ),
    Change(
        "address-on-condition",
        "A second address, a parameter of its own that may be empty",
        [
            template(
                "  Architecture:\n    Type: String\n",
                "  OnCallEmail:\n    Type: String\n    Default: ''\n"
                "    Description: Gets every notification too, unless it is empty.\n"
                "  Architecture:\n    Type: String\n",
            ),
            template(
                "  InChina: !Equals",
                "  HasOnCall: !Not [!Equals [!Ref OnCallEmail, '']]\n  InChina: !Equals",
            ),
            _added(
                "  OnCallSubscription:\n    Type: AWS::SNS::Subscription\n"
                "    Condition: HasOnCall\n"
                "    Properties:\n      TopicArn: !Ref NotificationTopic\n"
                "      Protocol: email\n      Endpoint: !Ref OnCallEmail\n"
            ),
        ],
    ),
    Change(
        "another-log-group",
        "A log group of another tool, which keeps its events for a month",
        [
            _added(
                "  ToolLogGroup:\n    Type: AWS::Logs::LogGroup\n    Properties:\n"
                "      LogGroupName: !Sub /tools/imaging-${EnvironmentSuffix}\n"
                "      RetentionInDays: 30\n"
            )
        ],
    ),
    Change(
        "another-output",
        "An output that nobody imports",
        [
            template(
                "  FailureQueueArn:\n    Desc",
                "  NotifierName:\n    Description: Name of the failure notifier.\n"
                "    Value: !Ref FailureNotifier\n  FailureQueueArn:\n    Desc",
            )
        ],
    ),
    # Properties
    Change(
        "tags",
        "Buckets, function, topic and queue have tags",
        [
            template("      VersioningConf", f"      {_TAGS}      VersioningConf", "UploadBucket"),
            template("      Timeout: 60\n", f"      Timeout: 60\n      {_TAGS}", "ImageProcessor"),
            template("      TopicName", f"      {_TAGS}      TopicName", "NotificationTopic"),
            template("      QueueName", f"      {_TAGS}      QueueName", "FailureQueue"),
        ],
    ),
    Change(
        "outputs-go-to-infrequent-access",
        "Outputs are moved to a cheaper class after 90 days",
        [
            template(
                "          - Id: AbortIncompleteUploads\n",
                "          - Id: Cheaper\n            Status: Enabled\n"
                "            Prefix: processed/\n            Transitions:\n"
                "              - { StorageClass: STANDARD_IA, TransitionInDays: 90 }\n"
                "          - Id: AbortIncompleteUploads\n",
                "ProcessedBucket",
            )
        ],
    ),
    Change(
        "lifecycle-in-two",
        "Old versions and delete markers go by two rules",
        [
            template(
                "            # A delete marker with no version behind it any more is of no use.\n",
                "          - Id: RemoveDeleteMarkers\n            Status: Enabled\n",
            )
        ],
    ),
    Change(
        "failures-for-a-week",
        "The failure queue keeps messages for seven days and hands them out for a minute",
        [
            template(
                "MessageRetentionPeriod: 1209600 # 14 days, the longest SQS offers\n",
                "MessageRetentionPeriod: 604800\n      VisibilityTimeout: 60\n",
            )
        ],
    ),
    Change(
        "room-in-tmp",
        "The function has 1 GB in /tmp",
        [
            template(
                "      Timeout: 60\n",
                "      Timeout: 60\n      EphemeralStorage: { Size: 1024 }\n",
                "ImageProcessor",
            )
        ],
    ),
    Change(
        "log-level",
        "The function is told its log level",
        [
            template(
                "          POWERTOOLS_SERVICE_NAME",
                "          POWERTOOLS_LOG_LEVEL: INFO\n          POWERTOOLS_SERVICE_NAME",
            )
        ],
    ),
    Change(
        "metrics-of-another-name",
        "The function's own metrics have another namespace and service",
        [
            template("POWERTOOLS_METRICS_NAMESPACE: TapStack", "POWERTOOLS_METRICS_NAMESPACE: Img"),
            template("POWERTOOLS_SERVICE_NAME: image-processor", "POWERTOOLS_SERVICE_NAME: resize"),
            template("Namespace: TapStack", "Namespace: Img", "RejectedImagesAlarm"),
            template("Value: image-processor", "Value: resize", "RejectedImagesAlarm"),
            template('"TapStack", "ImagesProcessed"', '"Img", "ImagesProcessed"'),
            template('"service", "image-processor"', '"service", "resize"'),
        ],
    ),
    Change(
        "concurrency-of-fifty",
        "Fifty executions are reserved",
        [template("    Default: -1\n", "    Default: 50\n")],
    ),
    Change(
        "events-for-an-hour",
        "Events are tried for an hour, time enough for two retries",
        [template("MaximumEventAgeInSeconds: 21600", "MaximumEventAgeInSeconds: 3600")],
    ),
    Change(
        "more-for-the-notifier",
        "The failure notifier has more memory and less time",
        [
            template("MemorySize: 256", "MemorySize: 384", "FailureNotifier"),
            template("Timeout: 30", "Timeout: 25", "FailureNotifier"),
        ],
    ),
    Change(
        "role-below-a-path",
        "The function's role has a path",
        [
            template(
                "      Description: What the image processor may do.\n",
                "      Path: /imaging/\n      Description: What the image processor may do.\n",
            )
        ],
    ),
    Change(
        "managed-policy",
        "The notifier's right to log is a managed policy",
        [
            template(_LOGS_STATEMENT, "", "FailureNotifierRole"),
            template(
                "      Description: What the failure notifier may do.\n",
                "      Description: What the failure notifier may do.\n"
                "      ManagedPolicyArns: [!Ref MayLog]\n",
            ),
            _added(
                "  MayLog:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n"
                "      PolicyDocument:\n"
                '        Version: "2012-10-17"\n'
                "        Statement:\n"
                + _LOGS_STATEMENT.replace("              ", "          ", 1).replace(
                    "                ", "            "
                )
            ),
        ],
    ),
    Change(
        "statements-split",
        "Reading objects and reading versions are two statements",
        [
            template(
                "                  - s3:GetObject\n                  - s3:GetObjectVersion\n"
                "                Resource: !Sub ${UploadBucket.Arn}/uploads/*\n",
                "                  - s3:GetObject\n"
                "                Resource: !Sub ${UploadBucket.Arn}/uploads/*\n"
                "              - Sid: ReadVersions\n                Effect: Allow\n"
                "                Action: s3:GetObjectVersion\n"
                "                Resource: !Sub ${UploadBucket.Arn}/uploads/*\n",
            )
        ],
    ),
    Change(
        "words",
        "Descriptions and the topic's display name are others",
        [
            template(
                "Resizes each uploaded picture into the processed bucket",
                "Makes each picture small",
            ),
            template("DisplayName: Image processing", "DisplayName: Pictures"),
        ],
    ),
    Change(
        "another-widget",
        "The dashboard has a text",
        [
            template(
                '          "widgets": [\n',
                '          "widgets": [\n'
                '            {"type": "text", "x": 0, "y": 21, "width": 24, "height": 2,\n'
                '             "properties": {"markdown": "Ask the imaging team."}},\n',
            )
        ],
    ),
]
