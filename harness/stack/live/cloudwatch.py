"""CloudWatch, its logs too: log groups, alarms, dashboards."""

from harness.stack.live.common import Gone, Properties, document, picked, read
from harness.targets.target import Target

_ALARM = (
    *("ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmName", "ComparisonOperator"),
    *("DatapointsToAlarm", "Dimensions", "EvaluateLowSampleCountPercentile", "EvaluationPeriods"),
    *("ExtendedStatistic", "InsufficientDataActions", "MetricName", "Metrics", "Namespace"),
    *("OKActions", "Period", "Statistic", "Threshold", "ThresholdMetricId", "TreatMissingData"),
    "Unit",
)


def log_group(target: Target, physical_id: str, _: Properties) -> Properties:
    """AWS::Logs::LogGroup."""
    pages = target.client("logs").get_paginator("describe_log_groups")
    for page in pages.paginate(logGroupNamePrefix=physical_id):
        for group in page["logGroups"]:
            if group["logGroupName"] == physical_id:
                return {
                    "LogGroupName": physical_id,
                    "RetentionInDays": group.get("retentionInDays"),
                    "KmsKeyId": group.get("kmsKeyId"),
                    "LogGroupClass": group.get("logGroupClass"),
                }
    raise Gone(physical_id)


def alarm(target: Target, physical_id: str, _: Properties) -> Properties:
    """AWS::CloudWatch::Alarm."""
    answer = target.client("cloudwatch").describe_alarms(
        AlarmNames=[physical_id], AlarmTypes=["MetricAlarm"]
    )
    if not answer["MetricAlarms"]:
        raise Gone(physical_id)
    return picked(answer["MetricAlarms"][0], *_ALARM)


def dashboard(target: Target, physical_id: str, _: Properties) -> Properties:
    """AWS::CloudWatch::Dashboard."""
    client = target.client("cloudwatch")
    codes = ("ResourceNotFound", "DashboardNotFoundError", "ResourceNotFoundException")
    answer = read(client.get_dashboard, *codes, DashboardName=physical_id)
    if not answer:
        raise Gone(physical_id)
    return {"DashboardName": physical_id, "DashboardBody": document(answer["DashboardBody"])}
