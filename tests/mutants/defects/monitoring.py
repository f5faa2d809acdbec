"""Defects in what watches: alarms, logs, the dashboard."""

from tests.mutants.mutant import Mutant
from tests.mutants.template_edits import Add, Remove, Replace, Set, SetInWidget

_AWS = "https://docs.aws.amazon.com/"
_LOGS = f"{_AWS}AmazonCloudWatch/latest/logs/"
_ALARM = f"{_AWS}AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
_NEVER = "The alarm has no data: whatever happens, it stays OK."
_METRICS = f"{_AWS}AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html"
_LAMBDA_METRICS = f"{_AWS}lambda/latest/dg/monitoring-metrics-types.html"
_ALWAYS = "The alarm is on all the time, and soon nobody looks at it."

MUTANTS = [
    # Logs
    Mutant(
        "retention-that-logs-does-not-have",
        "RetentionInDays: 10",
        [Set("ImageProcessorLogGroup.Properties.RetentionInDays", "10")],
        "PutRetentionPolicy fails: it is not one of the values allowed.",
        f"{_AWS}AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        "lint",
    ),
    Mutant(
        "logs-for-ever",
        "The log group has no retention",
        [Remove("ImageProcessorLogGroup.Properties.RetentionInDays")],
        "Logs are kept, and paid for, for ever.",
        f"{_LOGS}Working-with-log-groups-and-streams.html",
        "lint",
    ),
    Mutant(
        "mapping-of-three-environments",
        "A mapping by environment that knows dev, staging and prod, where any name is allowed",
        [
            Set(
                "ImageProcessorLogGroup.Properties.RetentionInDays",
                "!FindInMap [Retention, !Ref EnvironmentSuffix, Days]",
            ),
            Add(
                "Mappings",
                "Retention:\n  dev: { Days: 7 }\n  staging: { Days: 7 }\n  prod: { Days: 7 }\n",
            ),
        ],
        "CreateChangeSet fails for every other environment: unable to get mapping.",
        f"{_AWS}AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-findinmap.html",
        "lint",
    ),
    # Alarms
    Mutant(
        "alarm-at-fifty-errors",
        "The alarm waits for more than 50 errors where 5 were agreed on",
        [Set("ErrorAlarm.Properties.Threshold", "50")],
        "PutMetricAlarm takes any threshold: 49 pictures fail and nobody is notified.",
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-on-another-function",
        "The dimension lacks the environment's suffix",
        [Set("ErrorAlarm..Value", "image-processor")],
        _NEVER,
        _METRICS,
        "lint",
    ),
    Mutant(
        "alarm-on-a-dimension-that-is-not-there",
        "The dimension is Function, not FunctionName",
        [Set("DurationAlarm..Name", "Function")],
        _NEVER,
        _LAMBDA_METRICS,
        "lint",
    ),
    Mutant(
        "alarm-with-half-of-the-dimensions",
        "The metric has two dimensions, the alarm one",
        [Remove("RejectedImagesAlarm..function_name")],
        _NEVER,
        _METRICS,
        "lint",
    ),
    Mutant(
        "alarm-in-another-namespace",
        "AWS/lambda",
        [Set("ThrottleAlarm.Properties.Namespace", "AWS/lambda")],
        _NEVER,
        _LAMBDA_METRICS,
        "lint",
    ),
    Mutant(
        "alarm-on-a-metric-that-is-not-there",
        "The metric is Error, not Errors",
        [Set("ErrorAlarm.Properties.MetricName", "Error")],
        _NEVER,
        _LAMBDA_METRICS,
        "lint",
    ),
    Mutant(
        "alarm-on-a-metric-nobody-writes",
        "The function writes ImagesRejected",
        [Set("RejectedImagesAlarm.Properties.MetricName", "RejectedImages")],
        _NEVER,
        _METRICS,
        "lint",
    ),
    Mutant(
        "metrics-in-another-namespace",
        "The function writes its metrics to another namespace than the alarm reads",
        [Set("ImageProcessor..POWERTOOLS_METRICS_NAMESPACE", "Images")],
        _NEVER,
        _METRICS,
        "lint",
    ),
    Mutant(
        "alarm-in-another-unit",
        "Duration is in milliseconds, the alarm asks for seconds",
        [Set("DurationAlarm.Properties.Unit", "Seconds")],
        _NEVER,
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-threshold-in-seconds",
        "The duration alarm is raised at 45 milliseconds",
        [Set("DurationAlarm.Properties.Threshold", "45")],
        _ALWAYS,
        _LAMBDA_METRICS,
        "lint",
    ),
    Mutant(
        "alarm-threshold-beyond-reach",
        "The duration alarm is raised at 75 minutes",
        [Set("DurationAlarm.Properties.Threshold", "4500000")],
        "The function is ended after 60 seconds: the alarm is never raised.",
        _LAMBDA_METRICS,
        "lint",
    ),
    Mutant(
        "alarm-with-another-statistic",
        "The error alarm counts datapoints, not errors",
        [Set("ErrorAlarm.Properties.Statistic", "SampleCount")],
        _ALWAYS,
        _METRICS,
        "lint",
    ),
    Mutant(
        "alarm-that-looks-the-wrong-way",
        "The error alarm is raised when there are few errors",
        [Set("ErrorAlarm.Properties.ComparisonOperator", "LessThanThreshold")],
        _ALWAYS,
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-that-takes-silence-for-a-fault",
        "Missing data is breaching",
        [Set("ThrottleAlarm.Properties.TreatMissingData", "breaching")],
        "The alarm is on whenever nobody uploads anything.",
        f"{_AWS}AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
        "lint",
    ),
    Mutant(
        "alarm-with-a-period-that-is-not-possible",
        "Period: 45",
        [Set("ErrorAlarm.Properties.Period", "45")],
        "PutMetricAlarm fails: 10, 20, 30 or a multiple of 60.",
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-over-too-long-a-time",
        "2,016 periods of five minutes",
        [Set("ErrorAlarm.Properties.EvaluationPeriods", "2016")],
        "PutMetricAlarm fails: at most a day for periods below an hour.",
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-that-tells-nobody",
        "AlarmActions is missing",
        [Remove("ThrottleAlarm.Properties.AlarmActions")],
        "The state changes and nobody is notified.",
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-that-tells-a-name",
        "The action is the topic's name, not its ARN",
        [Set("DurationAlarm.Properties.AlarmActions", "[!GetAtt NotificationTopic.TopicName]")],
        "PutMetricAlarm fails: invalid action.",
        _ALARM,
        "lint",
    ),
    Mutant(
        "production-is-not-watched",
        "The branches of an !If are the wrong way round: in prod the alarm has no action",
        [
            Add("Conditions.Production", "!Equals [!Ref EnvironmentSuffix, prod]"),
            Set(
                "ErrorAlarm.Properties.AlarmActions",
                "!If [Production, !Ref AWS::NoValue, [!Ref NotificationTopic]]",
            ),
        ],
        "The alarm of the one environment that matters notifies nobody.",
        f"{_AWS}AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html",
        "lint",
    ),
    Mutant(
        "errors-on-average",
        "The error alarm takes the average of Errors, which is never over 1",
        [Set("ErrorAlarm.Properties.Statistic", "Average")],
        "Each invocation has 0 or 1 errors: an average over 5 never comes.",
        f"{_AWS}lambda/latest/dg/monitoring-metrics-types.html",
        "lint",
    ),
    Mutant(
        "alarm-that-never-comes-back",
        (
            "TreatMissingData: ignore on a metric that is only written when there is "
            "something to count"
        ),
        [Set("RejectedImagesAlarm.Properties.TreatMissingData", "ignore")],
        "Once it is raised it stays in ALARM, and the next bad picture changes nothing.",
        f"{_AWS}AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
        "lint",
    ),
    Mutant(
        "dashboard-of-another-region",
        "One widget has its Region written out",
        [SetInWidget("Dashboard.Properties.DashboardBody", "Duration", "region", "eu-west-1")],
        "The widget is empty.",
        f"{_AWS}AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html",
        "lint",
    ),
    # Dashboard
    Mutant(
        "dashboard-that-is-no-json",
        "A comma after the last of a list",
        [
            Replace(
                "Dashboard.Properties.DashboardBody",
                '"${RejectedImagesAlarm.Arn}"',
                '"${RejectedImagesAlarm.Arn}",',
            )
        ],
        "PutDashboard fails: the body is invalid.",
        f"{_AWS}AmazonCloudWatch/latest/APIReference/API_PutDashboard.html",
        "lint",
    ),
    Mutant(
        "dashboard-with-a-widget-that-is-none",
        "A metric widget without metrics",
        [Replace("Dashboard.Properties.DashboardBody", '"type": "alarm"', '"type": "metric"')],
        "PutDashboard fails or the widget stays empty: it has neither metrics nor annotations.",
        f"{_AWS}AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html",
        "lint",
    ),
]
