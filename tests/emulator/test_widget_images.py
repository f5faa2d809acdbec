"""GetMetricWidgetImage: the metrics of a widget as a PNG."""

import io
import json
import time
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image


@pytest.fixture
def namespace(cloudwatch: Any) -> str:
    """A namespace with a metric "Errors" of the last ten minutes."""
    name = f"widgets-{uuid.uuid4().hex}"
    now = time.time()
    data = [
        {"MetricName": "Errors", "Value": 5.0 + minute, "Timestamp": now - 60 * minute}
        for minute in range(10)
    ]
    cloudwatch.put_metric_data(Namespace=name, MetricData=data)
    return name


def image(cloudwatch: Any, **properties: Any) -> Image.Image:
    answer = cloudwatch.get_metric_widget_image(MetricWidget=json.dumps(properties))
    return Image.open(io.BytesIO(answer["MetricWidgetImage"])).convert("RGB")


def colours(picture: Image.Image) -> set[tuple[int, ...]]:
    found = picture.getcolors(maxcolors=picture.width * picture.height) or []
    return {colour for _, colour in found if isinstance(colour, tuple)}


def test_a_widget_is_a_png_of_600_by_400(cloudwatch: Any, namespace: str) -> None:
    widget = {"metrics": [[namespace, "Errors"]], "period": 60, "stat": "Sum", "start": "-PT15M"}
    answer = cloudwatch.get_metric_widget_image(MetricWidget=json.dumps(widget))
    assert answer["MetricWidgetImage"].startswith(b"\x89PNG\r\n\x1a\n")
    shown = Image.open(io.BytesIO(answer["MetricWidgetImage"])).convert("RGB")
    assert shown.size == (600, 400)
    assert (0, 114, 178) in colours(shown)  # the line


def test_a_metric_without_data_has_no_line(cloudwatch: Any, namespace: str) -> None:
    shown = image(cloudwatch, metrics=[[namespace, "Unheard"]], start="-PT15M", period=60)
    assert (0, 114, 178) not in colours(shown)
    assert (230, 159, 0) in colours(shown)  # the triangle in the legend


def test_size_theme_and_text(cloudwatch: Any, namespace: str) -> None:
    widget = {"metrics": [[namespace, "Errors"]], "width": 300, "height": 200, "theme": "dark"}
    plain, titled = image(cloudwatch, **widget), image(cloudwatch, **widget, title="Errors")
    assert titled.size == (300, 200)
    assert titled.getpixel((1, 199)) == (20, 23, 27)
    light = [pixel for pixel in colours(titled.crop((8, 6, 120, 24))) if min(pixel) > 200]
    assert light  # the title is drawn: a font was found
    assert plain.tobytes() != titled.tobytes()


def test_metric_math_is_drawn(cloudwatch: Any, namespace: str) -> None:
    metrics = [
        [{"expression": "e * 2", "label": "Twice", "id": "twice"}],
        [namespace, "Errors", {"id": "e", "visible": False}],
    ]
    assert (0, 114, 178) in colours(image(cloudwatch, metrics=metrics, period=60, start="-PT15M"))


@pytest.mark.parametrize(
    ("widget", "word"),
    [
        ("no json", "JSON"),
        ("[]", "JSON"),
        ("{}", "metrics"),
        (json.dumps({"metrics": [["N", "A"]] * 101}), "1 to 100"),
        (json.dumps({"metrics": [["N", "A"]], "width": 2001}), "width"),
        (json.dumps({"metrics": [["N", "A"]], "height": 0}), "height"),
        (json.dumps({"metrics": [["N", "A"]], "theme": "pink"}), "theme"),
        (json.dumps({"metrics": [["N", "A"]], "view": "gauge"}), "view"),
        (json.dumps({"metrics": [["N", "A"]], "start": "yesterday"}), "no time"),
        (json.dumps({"metrics": [["N"]]}), "Row 1"),
        (json.dumps({"metrics": [["N", "A", {"region": "eu-west-1"}]]}), "Regions"),
        (json.dumps({"metrics": [["N", "A"]], "title": "x" * 103_000}), "100 KB"),
    ],
)
def test_what_cannot_be_drawn_is_refused(cloudwatch: Any, widget: str, word: str) -> None:
    with pytest.raises(ClientError, match=word) as refused:
        cloudwatch.get_metric_widget_image(MetricWidget=widget)
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_raw_png_is_not_emulated(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="not emulated"):
        cloudwatch.get_metric_widget_image(
            MetricWidget=json.dumps({"metrics": [["N", "A"]]}), OutputFormat="image/png"
        )
