"""Defects in what connects and watches: event filters, alarms, the dashboard."""

from tests.mutants.mutant import Mutant, template, without

_AWS = "https://docs.aws.amazon.com/"
_ALARM = f"{_AWS}AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
_METRICS = f"{_AWS}AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html"
_FILTERS = f"{_AWS}AmazonS3/latest/userguide/notification-how-to-filtering.html"
_LAMBDA_METRICS = f"{_AWS}lambda/latest/dg/monitoring-metrics-types.html"

_NEVER = "The alarm has no data: whatever happens, it stays OK."
_ALWAYS = "The alarm is on all the time, and soon nobody looks at it."
_NOT_TOLD = "S3 tells of no upload: pictures are stored and nothing happens."

_SUFFIXES = "Suffixes: [.jpg, .jpeg, .png]"

MUTANTS = [
    # Events of the bucket
    Mutant(
        "suffixes-overlap",
        "Two filters match the same keys",
        [template(_SUFFIXES, "Suffixes: [.jpg, .jpeg, .png, g]")],
        "PutBucketNotification fails: Configurations overlap.",
        _FILTERS,
        "lint",
    ),
    Mutant(
        "suffix-with-a-wildcard",
        "*.jpg is no suffix of any key",
        [template(_SUFFIXES, 'Suffixes: ["*.jpg", "*.jpeg", "*.png"]')],
        f"Filters have no wildcards. {_NOT_TOLD}",
        _FILTERS,
        "lint",
    ),
    Mutant(
        "suffix-missing",
        ".jpeg is not among the suffixes",
        [template(_SUFFIXES, "Suffixes: [.jpg, .png]")],
        "Pictures named .jpeg are stored and nothing happens.",
        _FILTERS,
        "lint",
    ),
    Mutant(
        "suffix-in-capitals",
        "S3 compares case",
        [template(_SUFFIXES, "Suffixes: [.JPG, .JPEG, .PNG]")],
        _NOT_TOLD,
        _FILTERS,
        "lint",
    ),
    Mutant(
        "prefix-with-a-slash",
        "The prefix begins with a slash, keys do not",
        [template("Prefix: uploads/", "Prefix: /uploads/")],
        _NOT_TOLD,
        _FILTERS,
        "lint",
    ),
    Mutant(
        "prefix-of-everything",
        "Every .jpg of the bucket is an event",
        [template("Prefix: uploads/", "Prefix: other/")],
        "The function is invoked for what it never should see, and not for uploads.",
        _FILTERS,
        "lint",
    ),
    # Alarms
    Mutant(
        "alarm-at-fifty-errors",
        "The alarm waits for more than 50 errors where 5 were agreed on",
        [template("Threshold: 5\n", "Threshold: 50\n", "ErrorAlarm")],
        "PutMetricAlarm takes any threshold: 49 pictures fail and nobody is told.",
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-on-another-function",
        "The dimension lacks the environment's suffix",
        [template("Value: !Ref ImageProcessor", "Value: image-processor", "ErrorAlarm")],
        _NEVER,
        _METRICS,
        "lint",
    ),
    Mutant(
        "alarm-on-a-dimension-that-is-not-there",
        "The dimension is Function, not FunctionName",
        [template("Name: FunctionName", "Name: Function", "DurationAlarm")],
        _NEVER,
        _LAMBDA_METRICS,
        "lint",
    ),
    Mutant(
        "alarm-with-half-of-the-dimensions",
        "The metric has two dimensions, the alarm one",
        [without("- Name: function_name", "RejectedImagesAlarm")],
        _NEVER,
        _METRICS,
        "lint",
    ),
    Mutant(
        "alarm-in-another-namespace",
        "AWS/lambda",
        [template("Namespace: AWS/Lambda", "Namespace: AWS/lambda", "ThrottleAlarm")],
        _NEVER,
        _LAMBDA_METRICS,
        "lint",
    ),
    Mutant(
        "alarm-on-a-metric-that-is-not-there",
        "The metric is Error, not Errors",
        [template("MetricName: Errors", "MetricName: Error")],
        _NEVER,
        _LAMBDA_METRICS,
        "lint",
    ),
    Mutant(
        "alarm-on-a-metric-nobody-writes",
        "The function writes ImagesRejected",
        [template("MetricName: ImagesRejected", "MetricName: RejectedImages")],
        _NEVER,
        _METRICS,
        "lint",
    ),
    Mutant(
        "metrics-in-another-namespace",
        "The function writes its metrics to another namespace than the alarm reads",
        [
            template(
                "POWERTOOLS_METRICS_NAMESPACE: TapStack", "POWERTOOLS_METRICS_NAMESPACE: Images"
            )
        ],
        _NEVER,
        _METRICS,
        "lint",
    ),
    Mutant(
        "alarm-in-another-unit",
        "Duration is in milliseconds, the alarm asks for seconds",
        [template("Unit: Milliseconds", "Unit: Seconds")],
        _NEVER,
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-threshold-in-seconds",
        "The duration alarm rings at 45 milliseconds",
        [template("Threshold: 45000", "Threshold: 45")],
        _ALWAYS,
        _LAMBDA_METRICS,
        "lint",
    ),
    Mutant(
        "alarm-threshold-beyond-reach",
        "The duration alarm rings at 75 minutes",
        [template("Threshold: 45000", "Threshold: 4500000")],
        "The function is ended after 60 seconds: the alarm never rings.",
        _LAMBDA_METRICS,
        "lint",
    ),
    Mutant(
        "alarm-with-another-statistic",
        "The error alarm counts datapoints, not errors",
        [template("Statistic: Sum", "Statistic: SampleCount", "ErrorAlarm")],
        _ALWAYS,
        _METRICS,
        "lint",
    ),
    Mutant(
        "alarm-that-looks-the-wrong-way",
        "The error alarm rings when there are few errors",
        [template("GreaterThanThreshold", "LessThanThreshold", "ErrorAlarm")],
        _ALWAYS,
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-that-takes-silence-for-a-fault",
        "Missing data is breaching",
        [
            template(
                "TreatMissingData: notBreaching", "TreatMissingData: breaching", "ThrottleAlarm"
            )
        ],
        "The alarm is on whenever nobody uploads anything.",
        f"{_AWS}AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
        "lint",
    ),
    Mutant(
        "alarm-with-a-period-that-is-not-possible",
        "Period: 45",
        [template("Period: 300", "Period: 45", "ErrorAlarm")],
        "PutMetricAlarm fails: 10, 20, 30 or a multiple of 60.",
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-over-too-long-a-time",
        "2,016 periods of five minutes",
        [template("EvaluationPeriods: 1", "EvaluationPeriods: 2016", "ErrorAlarm")],
        "PutMetricAlarm fails: at most a day for periods below an hour.",
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-that-tells-nobody",
        "AlarmActions is missing",
        [without("AlarmActions:", "ThrottleAlarm")],
        "The state changes and nobody is told.",
        _ALARM,
        "lint",
    ),
    Mutant(
        "alarm-that-tells-a-name",
        "The action is the topic's name, not its ARN",
        [
            template(
                "AlarmActions: [!Ref NotificationTopic]",
                "AlarmActions: [!GetAtt NotificationTopic.TopicName]",
                "DurationAlarm",
            )
        ],
        "PutMetricAlarm fails: invalid action.",
        _ALARM,
        "lint",
    ),
    Mutant(
        "production-is-not-watched",
        "The branches of an !If are the wrong way round: in prod the alarm has no action",
        [
            template(
                "Conditions:\n",
                "Conditions:\n  Production: !Equals [!Ref EnvironmentSuffix, prod]\n",
            ),
            template(
                "AlarmActions: [!Ref NotificationTopic]",
                "AlarmActions: !If [Production, !Ref AWS::NoValue, [!Ref NotificationTopic]]",
                "ErrorAlarm",
            ),
        ],
        "The alarm of the one environment that matters tells nobody.",
        f"{_AWS}AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html",
        "lint",
    ),
    Mutant(
        "errors-on-average",
        "The error alarm takes the average of Errors, which is never over 1",
        [template("Statistic: Sum", "Statistic: Average", "ErrorAlarm")],
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
        [
            template(
                "TreatMissingData: notBreaching", "TreatMissingData: ignore", "RejectedImagesAlarm"
            )
        ],
        "Once it has rung it stays in ALARM, and the next bad picture changes nothing.",
        f"{_AWS}AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html",
        "lint",
    ),
    Mutant(
        "dashboard-of-another-region",
        "One widget has its Region written out",
        [
            template(
                '"title": "Duration",\n                "region": "${AWS::Region}"',
                '"title": "Duration",\n                "region": "eu-west-1"',
            )
        ],
        "The widget is empty.",
        f"{_AWS}AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html",
        "lint",
    ),
    # Dashboard
    Mutant(
        "dashboard-that-is-no-json",
        "A comma after the last of a list",
        [
            template(
                '                  "${RejectedImagesAlarm.Arn}"\n',
                '                  "${RejectedImagesAlarm.Arn}",\n',
            )
        ],
        "PutDashboard fails: the body is invalid.",
        f"{_AWS}AmazonCloudWatch/latest/APIReference/API_PutDashboard.html",
        "lint",
    ),
    Mutant(
        "dashboard-with-a-widget-that-is-none",
        "A metric widget without metrics",
        [template('"type": "alarm", "x": 0, "y": 0', '"type": "metric", "x": 0, "y": 0')],
        "PutDashboard fails or the widget stays empty: it has neither metrics nor annotations.",
        f"{_AWS}AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html",
        "lint",
    ),
]
