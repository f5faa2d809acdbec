"""CloudWatch's dashboard widgets as pictures: a widget's JSON and its data → SVG → PNG.

times.py reads ranges, rows.py the metrics of a widget, request.py what to ask GetMetricData for and
what its answer means; chart.py and values.py draw. The console shows the SVG, and the emulator's
GetMetricWidgetImage answers with it as a PNG (png.py), so that both show the same lines, ticks and
colours. Nothing in here knows LocalStack or the harness.

Sources: Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax" and "Metric Widget
Structure and Syntax".
"""
