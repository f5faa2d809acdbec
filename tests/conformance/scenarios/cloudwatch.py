"""CloudWatch: metrics, alarms, dashboards."""

from typing import Any

from tests.conformance.scenario import Call, Scenario, Text

_NO_ALARM = Call("cloudwatch", "delete_alarms", {"AlarmNames": ["$name"]})
_RAISED = 'ALARM("arn:aws:cloudwatch:$region:$account:alarm:$name")'
_START, _END = "2026-11-01T00:00:00Z", "2026-11-01T01:00:00Z"


def _alarm(**change: Any) -> Call:
    request = {
        "AlarmName": "$name",
        "Namespace": "Conformance",
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **change,
    }
    given = {name: value for name, value in request.items() if value is not None}
    return Call("cloudwatch", "put_metric_alarm", given)


def _datum(namespace: str = "Conformance", **change: Any) -> Call:
    datum = {"MetricName": "m", "Value": 1.0, **change}
    return Call("cloudwatch", "put_metric_data", {"Namespace": namespace, "MetricData": [datum]})


def _math(expression: str) -> Call:
    query = {"Id": "e", "Expression": expression}
    return Call(
        "cloudwatch",
        "get_metric_data",
        {"MetricDataQueries": [query], "StartTime": _START, "EndTime": _END},
        keep="MetricDataResults[].[Id, StatusCode, Values]",
    )


def _statistics(**change: Any) -> Call:
    request = {
        "Namespace": "Conformance",
        "MetricName": "$name",
        "StartTime": _START,
        "EndTime": _END,
        "Period": 60,
        "Statistics": ["Sum"],
        **change,
    }
    return Call("cloudwatch", "get_metric_statistics", request, keep="[Label, Datapoints]")


SCENARIOS = (
    Scenario(
        "cloudwatch-metric-data",
        ("17d",),
        (
            _datum("AWS/Lambda"),
            _datum(Unit="Parsecs"),
            _datum(Dimensions=[{"Name": "d", "Value": ""}]),
            _datum(Dimensions=[{"Name": "d", "Value": "a"}, {"Name": "d", "Value": "b"}]),
            _datum(Dimensions=[{"Name": f"d{n}", "Value": "v"} for n in range(31)]),
            _datum(Timestamp="2020-01-01T00:00:00Z"),
            _datum(Value=float("nan")),
            _datum(MetricName=""),
        ),
    ),
    Scenario(
        "cloudwatch-alarms",
        ("45", "115e"),
        (
            _alarm(Period=7),
            _alarm(EvaluationPeriods=0),
            _alarm(DatapointsToAlarm=2),
            _alarm(Period=3600, EvaluationPeriods=200),
            _alarm(Statistic=None),
            _alarm(Statistic="Median"),
            _alarm(ComparisonOperator="Around"),
            _alarm(TreatMissingData="guess"),
            _alarm(AlarmActions=["nowhere"]),
            _alarm(),
            Call(
                "cloudwatch",
                "set_alarm_state",
                {"AlarmName": "$name", "StateValue": "OK", "StateReason": "by hand"},
            ),
            _alarm(Threshold=2.0),
            Call(
                "cloudwatch",
                "set_alarm_state",
                {"AlarmName": "$name-no", "StateValue": "OK", "StateReason": "by hand"},
            ),
            Call(
                "cloudwatch",
                "set_alarm_state",
                {"AlarmName": "$name", "StateValue": "FINE", "StateReason": "by hand"},
            ),
        ),
        (_NO_ALARM,),
    ),
    Scenario(
        "cloudwatch-alarms-described",
        ("45",),
        (
            _alarm(TreatMissingData="notBreaching"),
            Call(
                "cloudwatch",
                "describe_alarms",
                {"AlarmNames": ["$name"]},
                keep="MetricAlarms[].[AlarmArn, ActionsEnabled, TreatMissingData, Dimensions]",
            ),
        ),
        (_NO_ALARM,),
    ),
    Scenario(
        "cloudwatch-composite-alarms",
        ("17c", "45"),
        (
            _alarm(),
            Call(
                "cloudwatch",
                "put_composite_alarm",
                {"AlarmName": "$name-all", "AlarmRule": f"{_RAISED} AND"},
            ),
            Call(
                "cloudwatch",
                "put_composite_alarm",
                {"AlarmName": "$name-all", "AlarmRule": _RAISED.replace("$name", "$name-no")},
            ),
            Call(
                "cloudwatch",
                "put_composite_alarm",
                {"AlarmName": "$name-all", "AlarmRule": _RAISED},
            ),
            Call("cloudwatch", "delete_alarms", {"AlarmNames": ["$name"]}),
        ),
        (Call("cloudwatch", "delete_alarms", {"AlarmNames": ["$name-all"]}), _NO_ALARM),
    ),
    Scenario(
        "cloudwatch-history",
        ("52",),
        (
            _alarm(),
            Call(
                "cloudwatch",
                "describe_alarm_history",
                {"AlarmName": "$name", "HistoryItemType": "ConfigurationUpdate"},
                keep="AlarmHistoryItems[].[AlarmName, AlarmType, HistoryItemType, HistorySummary]",
                until="AlarmHistoryItems",
            ),
        ),
        (_NO_ALARM,),
    ),
    Scenario(
        "cloudwatch-math",
        ("17a", "53"),
        (
            _math("1 +"),
            _math("NOTHING(1)"),
            _math("TIME_SERIES(3)"),
            _math("nobody * 2"),
            _statistics(Period=7),
            _statistics(Period=61),
            _statistics(EndTime=_START),
            _statistics(Statistics=["Median"]),
            _statistics(),
        ),
    ),
    Scenario(
        "cloudwatch-dashboards",
        ("35",),
        (
            Call(
                "cloudwatch",
                "put_dashboard",
                {"DashboardName": "$name", "DashboardBody": "{"},
                keep="DashboardValidationMessages",
            ),
            Call(
                "cloudwatch",
                "put_dashboard",
                {
                    "DashboardName": "$name",
                    "DashboardBody": Text({"widgets": [{"type": "nothing"}]}),
                },
                keep="DashboardValidationMessages[].DataPath",
            ),
            Call("cloudwatch", "get_dashboard", {"DashboardName": "$name-no"}),
            Call("cloudwatch", "delete_dashboards", {"DashboardNames": ["$name-no"]}),
        ),
        (Call("cloudwatch", "delete_dashboards", {"DashboardNames": ["$name"]}),),
    ),
)
