"""What a run used, out of its report; and `tapstack cost`, which prices it."""

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli import main
from harness.cost.report import priced
from harness.cost.usage import usage_of
from harness.evidence.invocations import Invocation
from harness.evidence.observations import Parts, Run
from harness.evidence.report import build_report
from harness.evidence.report_files import save_report
from harness.evidence.spool import Spool, SpooledLines
from harness.settings import Settings
from harness.stack.template import load_template
from tests.unit.runs import good_run

EMF = {
    "_aws": {
        "CloudWatchMetrics": [
            {
                "Namespace": "TapStack",
                "Dimensions": [["service"]],
                "Metrics": [{"Name": "ImagesProcessed"}, {"Name": "ImagesRejected"}],
            }
        ]
    },
    "service": "image-processor",
}


def report_line(billed_ms: float) -> str:
    metrics = {"billedDurationMs": billed_ms, "memorySizeMB": 512, "maxMemoryUsedMB": 90}
    return json.dumps({"type": "platform.report", "record": {"metrics": metrics}})


INFO = json.dumps({"level": "INFO", "message": "Processed"})
WARN = json.dumps({"level": "WARNING", "message": "é"}, ensure_ascii=False)


def run_with(calls: dict[str, int] | None) -> Run:
    """Three images, in two invocations of 1.5 s and one attempt more; 1.2 s of processor time."""
    parts = Parts((0.0, 1.0), {"functions": (0.0, 90.0)}, {"functions": (0.0, 1.2)})
    return replace(
        good_run(3, calls=calls, parts=parts),
        invocations=[
            Invocation("a", lines=[(1, INFO), (2, report_line(1000)), (3, report_line(500))]),
            Invocation("b", lines=[(1, WARN), (2, json.dumps(EMF)), (3, report_line(1500))]),
        ],
    )


def test_a_run_without_a_log_has_a_price() -> None:
    """As when the target ends in mid-run: the verdict does not wait for a price."""
    run = replace(run_with(None), invocations=[])
    bill = priced(run, Settings.template, "us-east-1")
    assert bill
    assert "the function's time, as its log was not read" in bill["unknown"]
    assert not [each for each in bill["changes"] if "memory" in each["what"]]


def test_what_the_report_shows_is_counted() -> None:
    calls = {"s3:PutObject": 6, "s3:GetObjectVersion": 3, "s3:GetObject": 2, "sns:Publish": 3}
    used = usage_of(run_with(calls), load_template(Settings.template))
    assert (used.images, used.puts, used.gets, used.published) == (3, 3 + 6, 5, 3)
    assert used.stored_bytes == 3 * (90_000 + 5_000)
    assert (used.metrics, used.alarms, used.dashboards, used.mail_subscriptions) == (2, 4, 1, 1)
    assert used.kept_days == 7
    function = used.function
    assert (function.invocations, function.memory_mb, function.least_mb) == (3, 512, 90)
    assert (function.busy_s, function.waited_s) == pytest.approx((1.2, 1.8))
    assert function.measured_gb_s == pytest.approx(1.5)
    assert function.gb_s() == pytest.approx(0.5 * (1.2 * 1769 / 512 + 1.8))
    # CloudWatch bills 26 bytes for each event beside its text, in UTF-8.
    lines = [INFO, WARN, json.dumps(EMF), report_line(1000), report_line(500), report_line(1500)]
    assert used.log_bytes == sum(len(line.encode()) + 26 for line in lines)
    assert used.quiet_log_bytes == len(INFO) + 26


def test_a_log_is_priced_without_being_read_into_memory() -> None:
    """Of 20,000 images it has 40 MB, which are on disk while a run goes on."""
    spool, count = Spool(), 2000
    invocations = []
    for number in range(count):
        lines = SpooledLines(spool)
        for text in (INFO, json.dumps(EMF), report_line(100 + number)):
            lines.append(number, text)
        invocations.append(Invocation(f"request {number}", lines=lines))
    run = replace(run_with(None), invocations=invocations)
    template = load_template(Settings.template)
    tracemalloc.start()
    try:
        assert usage_of(run, template).function.invocations == count
        assert tracemalloc.get_traced_memory()[1] < 50 * count
    finally:
        tracemalloc.stop()


def test_without_a_record_of_calls_requests_to_s3_are_unknown() -> None:
    used = usage_of(run_with(None), load_template(Settings.template))
    assert (used.puts, used.gets) == (None, None)


def test_cost_prices_a_saved_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPSTACK_REPORTS", str(tmp_path))
    run = run_with({"s3:PutObject": 6})
    facts = {"target": "embedded", "region": "eu-central-1"}
    save_report(tmp_path, build_report("daily-load", run, [], facts), run)
    assert main(["cost", "--json", "--per-day", "1000"]) == 0
    bill = json.loads(capsys.readouterr().out)
    assert (bill["region"], bill["images"], bill["per_day"]) == ("eu-central-1", 3, 1000)
    assert bill["month_usd"] == pytest.approx(sum(line["month_usd"] for line in bill["lines"]))

    assert main(["cost", "--region", "us-east-1"]) == 0
    said = capsys.readouterr().out
    assert "prices of us-east-1 as quoted on " in said
    assert max(map(len, said.splitlines())) <= 80

    for bad in (["no-such-run"], ["--region", "eu-west-9"], ["--per-day", "0"]):
        assert main(["cost", *bad]) == 2
