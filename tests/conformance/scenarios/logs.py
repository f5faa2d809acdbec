"""CloudWatch Logs."""

from typing import Any

from tests.conformance.scenario import Call, Scenario

_GROUP = Call("logs", "create_log_group", {"logGroupName": "$name"})
_NO_GROUP = Call("logs", "delete_log_group", {"logGroupName": "$name"})
_STREAM = Call("logs", "create_log_stream", {"logGroupName": "$name", "logStreamName": "s"})
_NOW = 1_790_000_000_000


def _filter(pattern: str, **more: Any) -> Call:
    return Call(
        "logs",
        "test_metric_filter",
        {
            "filterPattern": pattern,
            "logEventMessages": ['{"level": "ERROR", "n": 3}', "ERROR one", "all is well"],
        },
        keep="matches[].[eventNumber, eventMessage]",
        **more,
    )


def _metric_filter(**transformation: str) -> Call:
    request = {"metricName": "m", "metricNamespace": "N", "metricValue": "1", **transformation}
    return Call(
        "logs",
        "put_metric_filter",
        {
            "logGroupName": "$name",
            "filterName": "f",
            "filterPattern": "ERROR",
            "metricTransformations": [request],
        },
    )


SCENARIOS = (
    Scenario(
        "logs-created-once",
        ("118b", "73b"),
        (
            _GROUP,
            _GROUP,
            _STREAM,
            _STREAM,
            Call("logs", "create_log_stream", {"logGroupName": "$name-no", "logStreamName": "s"}),
            Call("logs", "delete_log_stream", {"logGroupName": "$name", "logStreamName": "no"}),
            Call("logs", "delete_log_group", {"logGroupName": "$name-no"}),
            Call("logs", "filter_log_events", {"logGroupName": "$name-no"}),
            Call("logs", "delete_metric_filter", {"logGroupName": "$name", "filterName": "no"}),
        ),
        (_NO_GROUP,),
    ),
    Scenario(
        "logs-patterns",
        ("27", "28"),
        (
            _filter("ERROR"),
            _filter("?well ?one"),
            _filter("{ $.level = ERROR && $.n > 2 }"),
            _filter("[level, what]"),
            _filter("%al+%"),
            _filter("{ $.level = "),
            _filter("%(%"),
        ),
    ),
    Scenario(
        "logs-metric-filters",
        ("27",),
        (
            _GROUP,
            _metric_filter(metricValue="$" + ".n"),
            _metric_filter(metricNamespace="AWS/Lambda"),
            _metric_filter(metricName="a:b"),
        ),
        (_NO_GROUP,),
    ),
    Scenario(
        "logs-events",
        ("115f",),
        (
            _GROUP,
            _STREAM,
            Call(
                "logs",
                "put_log_events",
                {
                    "logGroupName": "$name",
                    "logStreamName": "s",
                    "logEvents": [
                        {"timestamp": _NOW + 1, "message": "later"},
                        {"timestamp": _NOW, "message": "earlier"},
                    ],
                },
            ),
            Call(
                "logs",
                "put_log_events",
                {
                    "logGroupName": "$name",
                    "logStreamName": "s",
                    "logEvents": [{"timestamp": 1, "message": "old"}],
                },
                keep="rejectedLogEventsInfo",
            ),
            Call(
                "logs",
                "put_log_events",
                {
                    "logGroupName": "$name",
                    "logStreamName": "no",
                    "logEvents": [{"timestamp": _NOW, "message": "m"}],
                },
            ),
        ),
        (_NO_GROUP,),
    ),
    Scenario(
        "logs-retention",
        ("20a", "115e"),
        (
            _GROUP,
            Call("logs", "put_retention_policy", {"logGroupName": "$name", "retentionInDays": 7}),
            Call(
                "logs",
                "describe_log_groups",
                {"logGroupNamePrefix": "$name"},
                keep="logGroups[].[logGroupName, retentionInDays, arn]",
            ),
            Call("logs", "put_retention_policy", {"logGroupName": "$name", "retentionInDays": 8}),
            Call("logs", "create_log_group", {"logGroupName": "no spaces"}),
        ),
        (_NO_GROUP,),
    ),
)
