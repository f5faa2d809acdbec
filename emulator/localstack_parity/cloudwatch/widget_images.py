"""GetMetricWidgetImage: a widget's JSON and its metrics as a PNG.

cloudwatch_widgets draws it, as it draws the console's dashboards; ValidationException for what it
cannot draw.

Source: Amazon CloudWatch API Reference, GetMetricWidgetImage, and "Metric Widget Structure and
Syntax"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Metric-Widget-Structure.html).
Neither documents an error: the words are ours.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloudwatch_widgets import drawing, request, widget
from cloudwatch_widgets.rows import Row
from cloudwatch_widgets.times import NotDrawn, time_range
from localstack_parity.cloudwatch import metric_data
from localstack_parity.cloudwatch.metric_data import ReadMetric, ValidationException

MAX_BYTES = 100 * 1024
MAX_METRICS = 100
VIEWS = ("timeSeries", "bar", "pie")
WIDTH, HEIGHT, LONGEST_SIDE = 600, 400, 2000  # pixels
DEFAULT_START = "-PT3H"
FORMAT = "png"


def draw(text: str, output_format: str | None, region: str, read: ReadMetric) -> bytes:
    """The PNG of the widget that `text` describes, with metrics of `region`."""
    from cloudwatch_widgets.png import png  # resvg takes a moment to load, and is seldom wanted

    if output_format not in (None, FORMAT):
        raise ValidationException(
            f"The parameter OutputFormat must be {FORMAT}: {output_format} is not emulated."
        )
    properties = _properties(text)
    width, height = _side(properties, "width", WIDTH), _side(properties, "height", HEIGHT)
    theme = properties.get("theme", "light")
    if theme not in drawing.THEMES:
        raise ValidationException("Invalid MetricWidget: theme must be light or dark.")
    now = datetime.now(UTC)
    try:
        start, end = time_range(
            properties.get("start", DEFAULT_START), properties.get("end"), now.timestamp()
        )
        rows = request.rows_for(properties, start, end)
        others = {row.region for row in rows} - {"", region}
        if others or properties.get("region", region) != region:
            raise NotDrawn("metrics of other Regions are not emulated.")
        lines = request.lines(rows, _results(rows, start, end, now, read))
        return png(
            widget.draw(properties, lines, start, end, width=width, height=height, theme=theme)
        )
    except NotDrawn as reason:
        raise ValidationException(f"Invalid MetricWidget: {reason}") from None


def _properties(text: str) -> Mapping[str, Any]:
    if len(text.encode()) > MAX_BYTES:
        raise ValidationException("Invalid MetricWidget: it has more than 100 KB.")
    try:
        properties = json.loads(text)
    except ValueError:
        properties = None
    if not isinstance(properties, dict):
        raise ValidationException("Invalid MetricWidget: it is no JSON object.")
    metrics = properties.get("metrics")
    if not isinstance(metrics, list) or not 1 <= len(metrics) <= MAX_METRICS:
        raise ValidationException(f"Invalid MetricWidget: metrics has 1 to {MAX_METRICS} rows.")
    if properties.get("view", VIEWS[0]) not in VIEWS:
        raise ValidationException(f"Invalid MetricWidget: view must be one of {', '.join(VIEWS)}.")
    return properties


def _side(properties: Mapping[str, Any], name: str, default: int) -> int:
    value = properties.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_SIDE:
        raise ValidationException(f"Invalid MetricWidget: {name} is 1 to {LONGEST_SIDE} pixels.")
    return value


def _results(
    rows: list[Row], start: float, end: float, now: datetime, read: ReadMetric
) -> list[dict[str, Any]]:
    queries = request.queries(rows)
    metric_data.check(queries)
    shortest = min((row.period for row in rows if not row.expression), default=60)
    first, last = (
        metric_data.rounded(datetime.fromtimestamp(at, UTC), shortest, now) for at in (start, end)
    )
    return metric_data.results(
        queries, metric_data.solve(queries, read, first, last), ascending=True
    )
