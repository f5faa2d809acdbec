"""What a team adds: alarms, topics, queues, subscriptions, log groups, outputs."""

from tests.mutants.mutant import Change
from tests.mutants.template_edits import Add, Remove, Replace, Set


def _alarm(
    name: str, namespace: str, metric: str, dimension: str, statistic: str = "Sum", above: int = 0
) -> Add:
    """One more alarm; `dimension` is its name and value, as YAML."""
    kind = "Statistic" if statistic.isalpha() else "ExtendedStatistic"
    return Add(
        f"Resources.{name}",
        f"""
        Type: AWS::CloudWatch::Alarm
        Properties:
          AlarmName: !Sub {name.lower()}-${{EnvironmentSuffix}}
          EvaluationPeriods: 1
          TreatMissingData: notBreaching
          AlarmActions: [!Ref NotificationTopic]
          Namespace: {namespace}
          MetricName: {metric}
          Dimensions: [{{{dimension}}}]
          {kind}: {statistic}
          Period: 300
          Threshold: {above}
          ComparisonOperator: GreaterThanThreshold
        """,
    )


def _queue(name: str) -> Add:
    return Add(
        f"Resources.{name}",
        f"""
        Type: AWS::SQS::Queue
        Properties: {{QueueName: !Sub '{name.lower()}-${{EnvironmentSuffix}}'}}
        """,
    )


def _subscription(name: str, protocol: str, endpoint: str, *, topic: str, more: str = "") -> Add:
    return Add(
        f"Resources.{name}",
        f"""
        Type: AWS::SNS::Subscription
        Properties: {{TopicArn: !Ref {topic}, Protocol: {protocol}, Endpoint: {endpoint}}}
        {more}
        """,
    )


_OPS_TOPIC = [
    Add(
        "Resources.OpsTopic",
        """
        Type: AWS::SNS::Topic
        Properties: {TopicName: !Sub 'image-operations-${EnvironmentSuffix}'}
        """,
    ),
    _subscription("OpsSubscription", "email", "oncall@example.com", topic="OpsTopic"),
]

_AUDIT_POLICY = Add(
    "Resources.AuditQueuePolicy",
    """
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
    """,
)

SOUND_CHANGES = [
    # Alarms
    Change(
        "errors-of-the-notifier",
        "An alarm on errors of the failure notifier",
        [
            _alarm(
                "NotifierErrors",
                "AWS/Lambda",
                "Errors",
                "Name: FunctionName, Value: !Ref FailureNotifier",
            )
        ],
    ),
    Change(
        "errors-of-the-custom-resource",
        "An alarm on errors of the custom resource's function",
        [
            _alarm(
                "SetupErrors",
                "AWS/Lambda",
                "Errors",
                "Name: FunctionName, Value: !Ref BucketNotificationsFunction",
            )
        ],
    ),
    Change(
        "depth-of-the-failure-queue",
        "An alarm on messages in the failure queue",
        [
            _alarm(
                "FailuresWaiting",
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                "Name: QueueName, Value: !GetAtt FailureQueue.QueueName",
                "Maximum",
            )
        ],
    ),
    Change(
        "failed-deliveries",
        "An alarm on notifications that could not be delivered",
        [
            _alarm(
                "DeliveriesFailed",
                "AWS/SNS",
                "NumberOfNotificationsFailed",
                "Name: TopicName, Value: !GetAtt NotificationTopic.TopicName",
            )
        ],
    ),
    Change(
        "many-errors-too",
        "A second alarm, on more than fifty errors",
        [
            _alarm(
                "ManyErrors",
                "AWS/Lambda",
                "Errors",
                "Name: FunctionName, Value: !Ref ImageProcessor",
                above=50,
            )
        ],
    ),
    Change(
        "slowest-percent",
        "An alarm on the slowest percent of the invocations",
        [
            _alarm(
                "SlowestPercent",
                "AWS/Lambda",
                "Duration",
                "Name: FunctionName, Value: !Ref ImageProcessor",
                "p99",
                above=55_000,
            )
        ],
    ),
    # Topics, queues, addresses
    Change(
        "topic-for-operations",
        "Alarms notify a topic of their own",
        [
            *_OPS_TOPIC,
            *(
                Set(f"{alarm}.Properties.{actions}", "[!Ref OpsTopic]")
                for alarm in ("ErrorAlarm", "DurationAlarm", "ThrottleAlarm", "RejectedImagesAlarm")
                for actions in ("AlarmActions", "OKActions")
            ),
        ],
    ),
    Change(
        "both-topics",
        "The alarm on rejected images notifies two topics",
        [
            *_OPS_TOPIC,
            Set(
                "RejectedImagesAlarm.Properties.AlarmActions",
                "[!Ref NotificationTopic, !Ref OpsTopic]",
            ),
            Set(
                "RejectedImagesAlarm.Properties.OKActions",
                "[!Ref NotificationTopic, !Ref OpsTopic]",
            ),
        ],
    ),
    Change(
        "audit-queue",
        "A queue gets every notification",
        [
            _queue("AuditQueue"),
            _AUDIT_POLICY,
            _subscription(
                "AuditSubscription",
                "sqs",
                "!GetAtt AuditQueue.Arn",
                topic="NotificationTopic",
                more="DependsOn: AuditQueuePolicy",
            ),
        ],
    ),
    Change("another-queue", "A queue that has nothing to do with it", [_queue("Other")]),
    Change(
        "another-address",
        "A second address gets every notification",
        [
            _subscription(
                "SecondSubscription", "email", "team@example.com", topic="NotificationTopic"
            )
        ],
    ),
    Change(
        "address-on-condition",
        "A second address, a parameter of its own that may be empty",
        [
            Add(
                "Parameters.OnCallEmail",
                """
                Type: String
                Default: ''
                Description: Gets every notification too, unless it is empty.
                """,
            ),
            Add("Conditions.HasOnCall", "!Not [!Equals [!Ref OnCallEmail, '']]"),
            _subscription(
                "OnCallSubscription",
                "email",
                "!Ref OnCallEmail",
                topic="NotificationTopic",
                more="Condition: HasOnCall",
            ),
        ],
    ),
    # Others
    Change(
        "another-log-group",
        "A log group of another tool, which keeps its events for a month",
        [
            Add(
                "Resources.ToolLogGroup",
                """
                Type: AWS::Logs::LogGroup
                Properties:
                  LogGroupName: !Sub /tools/imaging-${EnvironmentSuffix}
                  RetentionInDays: 30
                """,
            )
        ],
    ),
    Change(
        "another-output",
        "An output that nobody imports",
        [
            Add(
                "Outputs.NotifierName",
                "{Description: Name of the failure notifier., Value: !Ref FailureNotifier}",
            )
        ],
    ),
    Change(
        "another-widget",
        "The dashboard has a text",
        [
            Replace(
                "Dashboard.Properties.DashboardBody",
                '"widgets": [',
                '"widgets": [{"type": "text", "x": 0, "y": 21, "width": 24, "height": 2,'
                ' "properties": {"markdown": "Ask the imaging team."}},',
            )
        ],
    ),
    Change(
        "managed-policy",
        "The notifier's right to log is a managed policy",
        [
            Remove("FailureNotifierRole..WriteLogs"),
            Add("FailureNotifierRole.Properties.ManagedPolicyArns", "[!Ref MayLog]"),
            Add(
                "Resources.MayLog",
                """
                Type: AWS::IAM::ManagedPolicy
                Properties:
                  PolicyDocument:
                    Version: "2012-10-17"
                    Statement:
                      - Sid: WriteLogs
                        Effect: Allow
                        Action: [logs:CreateLogStream, logs:PutLogEvents]
                        Resource: !Sub >-
                          arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${FailureNotifierLogGroup}:*
                """,
            ),
        ],
    ),
]
