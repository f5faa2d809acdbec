"""Bills against sums that were worked out by hand."""

from dataclasses import replace

import pytest

from harness.cost.bill import Bill, bill_of
from harness.cost.prices import prices_of
from harness.cost.usage import Function, Usage
from harness.problems import Problem

GIB = 1024**3
# A day of 1,000 images: half a second each at 512 MB, of which a tenth is processor time.
DAY = Usage(
    images=1000,
    function=Function(1000, 512, busy_s=50.0, waited_s=450.0, least_mb=100.0),
    puts=3000,
    gets=2000,
    published=1000,
    stored_bytes=GIB,
    log_bytes=GIB // 4,
    quiet_log_bytes=GIB // 8,
    kept_days=6,
    metrics=2,
    alarms=4,
    dashboards=1,
    mail_subscriptions=1,
)


def usd(bill: Bill) -> dict[str, tuple[float, float]]:
    """The month of each line, without and with what is free."""
    return {line.price: (line.month_usd, line.charged_usd) for line in bill.lines}


def test_a_month_in_us_east_1() -> None:
    """Thirty days of the day, priced line by line."""
    found = usd(bill_of(DAY, prices_of("us-east-1")))
    # 30,000 requests at 0.20 a million; a million is free.
    assert found["lambda-requests"] == pytest.approx((0.006, 0.0))
    # 512 of 1,769 MB: 50 s of processor time become 172.754 s; with 450 s of waiting at half a GB
    # 311.377 GB-s a day, 9,341.3 a month, of which all are free.
    assert found["lambda-gb-seconds"] == pytest.approx((0.155689, 0.0), rel=1e-4)
    assert found["s3-puts"] == pytest.approx((0.45, 0.45))  # 90,000 at 0.005 a thousand
    assert found["s3-gets"] == pytest.approx((0.024, 0.024))  # 60,000 at 0.0004 a thousand
    assert found["s3-gb-months"] == pytest.approx((0.345, 0.345))  # 30 GB for half of the month
    assert found["sns-publishes"] == pytest.approx((0.015, 0.0))  # 30,000 at 0.50 a million
    # 30,000 at 2.00 for 100,000; 1,000 are free.
    assert found["sns-mails"] == pytest.approx((0.60, 0.58))
    assert found["logs-gb"] == pytest.approx((3.75, 1.25))  # 7.5 GB at 0.50; 5 are free
    assert found["logs-gb-months"] == pytest.approx((0.045, 0.045))  # 7.5 GB for 6 of 30 days
    assert found["custom-metrics"] == pytest.approx((0.60, 0.0))
    assert found["alarms"] == pytest.approx((0.40, 0.0))
    assert found["dashboards"] == pytest.approx((3.00, 0.0))


def test_the_dearest_line_is_first_and_the_lines_add_up() -> None:
    bill = bill_of(DAY, prices_of("us-east-1"))
    months = [line.month_usd for line in bill.lines]
    assert months == sorted(months, reverse=True)
    assert bill.lines[0].price == "logs-gb"
    assert bill.month_usd == pytest.approx(9.390689, rel=1e-5)
    assert bill.charged_usd == pytest.approx(2.694, rel=1e-5)
    assert bill.next_month_usd == pytest.approx(30 * 0.023)


def test_the_day_has_its_part_of_what_is_paid_by_the_month() -> None:
    found = {line.price: line.day_usd for line in bill_of(DAY, prices_of("us-east-1")).lines}
    assert found["sns-mails"] == pytest.approx(0.02)
    assert found["dashboards"] == pytest.approx(0.10)
    assert found["s3-gb-months"] == pytest.approx(0.023 / 30)


def test_more_images_a_day_cost_more_of_what_is_counted_alone() -> None:
    once, twice = (bill_of(DAY, prices_of("us-east-1"), count) for count in (1000, 2000))
    before, after = usd(once), usd(twice)
    for name, (month, _) in after.items():
        times = 1 if name in {"custom-metrics", "alarms", "dashboards"} else 2
        assert month == pytest.approx(times * before[name][0])
    assert twice.day_usd == once.day_usd


def test_prices_are_those_of_the_region() -> None:
    found = usd(bill_of(DAY, prices_of("eu-central-1")))
    assert found["s3-puts"][0] == pytest.approx(0.486)  # 90,000 at 0.0054 a thousand
    assert found["logs-gb"][0] == pytest.approx(4.725)  # 7.5 GB at 0.63
    found = usd(bill_of(DAY, prices_of("eu-west-1")))
    assert found["s3-puts"][0] == pytest.approx(0.45)  # 90,000 at 0.005 a thousand
    assert found["logs-gb"][0] == pytest.approx(4.275)  # 7.5 GB at 0.57
    with pytest.raises(Problem, match="eu-west-9 are not known"):
        prices_of("eu-west-9")


def test_a_bill_says_what_a_change_would_save() -> None:
    changes = {each.what: each.month_usd for each in bill_of(DAY, prices_of("us-east-1")).changes}
    # 9,341.3 GB-s at 0.0000133334 instead of 0.0000166667.
    assert changes["Architecture arm64, if it is as fast"] == pytest.approx(-0.031137, rel=1e-3)
    # At 1,769 MB 500 s a day are 863.77 GB-s: 25,913 a month instead of 9,341.3.
    more = changes["1769 MB of memory instead of 512"]
    assert more == pytest.approx(0.276199, rel=1e-3)
    # Half of the log: 3.75 GB at 0.50, and for 6 of 30 days at 0.03.
    quiet = changes["Log level WARN: no lines of what went well"]
    assert quiet == pytest.approx(-(1.875 + 0.0225))


def test_memory_that_would_not_suffice_is_not_proposed() -> None:
    full = replace(DAY, function=replace(DAY.function, memory_mb=1769, least_mb=900))
    whats = [each.what for each in bill_of(full, prices_of("us-east-1")).changes]
    assert "1024 MB of memory instead of 1769" in whats
    assert not [what for what in whats if what.startswith("512 MB")]


def test_what_nobody_counted_is_said() -> None:
    bill = bill_of(replace(DAY, puts=None, gets=None), prices_of("us-east-1"))
    assert "s3-puts" not in usd(bill)
    assert bill.unknown == ["requests to S3, which this run's target did not count"]
