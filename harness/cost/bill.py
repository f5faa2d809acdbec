"""The bill of a run: its day, and a month of such days, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.cost.prices import Prices
from harness.cost.usage import FULL_VCPU_MB, Usage

DAYS = 30
_GB = 1024**3  # AWS's GB of storage and logs ("Amazon S3 pricing": 1 GB is 2^30 bytes)
_MEMORIES = (512, 1024, FULL_VCPU_MB)


@dataclass(frozen=True)
class Line:
    """One thing that AWS charges for: `day` and `month` are how much of it, in `unit`.

    `day_usd` and `month_usd` are its price without, `charged_usd` the month's with what is free.
    """

    name: str
    price: str
    unit: str
    day: float
    month: float
    day_usd: float
    month_usd: float
    charged_usd: float


@dataclass(frozen=True)
class Change:
    """What would change: by how many USD a month, free allowance apart; less than 0 is saved."""

    what: str
    month_usd: float


@dataclass(frozen=True)
class Bill:
    """All lines, the most expensive of the month first; what is not on it, and what would change.

    `per_day` is images a day. `next_month_usd` is what each later month costs more than the one
    before, as what is stored adds up.
    """

    region: str
    quoted: str
    images: int
    per_day: int
    lines: list[Line]
    unknown: list[str]
    changes: list[Change]
    next_month_usd: float

    @property
    def day_usd(self) -> float:
        """The day of the run, with what a day of alarms, metrics, dashboards and storage costs."""
        return sum(line.day_usd for line in self.lines)

    @property
    def month_usd(self) -> float:
        """The first month, as if nothing were free."""
        return sum(line.month_usd for line in self.lines)

    @property
    def charged_usd(self) -> float:
        """The first month in an account that uses what is free for this alone."""
        return sum(line.charged_usd for line in self.lines)


def bill_of(usage: Usage, prices: Prices, per_day: int | None = None) -> Bill:
    """The bill of a run's day, and of a month in which `per_day` images come each day."""
    per_day = per_day or usage.images
    times = DAYS * per_day / usage.images if usage.images else 0.0
    lines = sorted(_lines(usage, prices, times), key=lambda line: (-line.month_usd, line.name))
    unknown = []
    if usage.puts is None:
        unknown.append("requests to S3, which this run's target did not count")
    if not usage.function.invocations:
        unknown.append("the function's time, as its log was not read")
    return Bill(
        prices.region,
        prices.quoted.isoformat(),
        usage.images,
        per_day,
        lines,
        unknown,
        list(_changes(usage, prices, times)),
        _stored_gb(usage, times) * prices.usd["s3-gb-months"],
    )


def _lines(usage: Usage, prices: Prices, times: float) -> Iterator[Line]:
    def counted(name: str, price: str, unit: str, day: float) -> Line:
        return priced(name, price, unit, day, day * times)

    def standing(name: str, price: str, unit: str, number: float) -> Line:
        return priced(name, price, unit, number / DAYS, number)

    def priced(name: str, price: str, unit: str, day: float, month: float) -> Line:
        usd = prices.usd[price]
        charged = max(0.0, month - prices.free.get(price, 0.0))
        return Line(name, price, unit, day, month, day * usd, month * usd, charged * usd)

    function = usage.function
    yield counted("Lambda: requests", "lambda-requests", "", function.invocations)
    yield counted("Lambda: duration", "lambda-gb-seconds", "GB-s", function.gb_s())
    if usage.puts is not None and usage.gets is not None:
        yield counted("S3: PUT requests", "s3-puts", "", usage.puts)
        yield counted("S3: GET requests", "s3-gets", "", usage.gets)
    # What comes evenly and stays is there for half of its first month on average.
    day_gb, month_gb = usage.stored_bytes / _GB, _stored_gb(usage, times)
    yield priced("S3: storage", "s3-gb-months", "GB-mo", day_gb / DAYS, month_gb / 2)
    yield counted("SNS: notifications", "sns-publishes", "", usage.published)
    mails = usage.published * usage.mail_subscriptions
    yield counted("SNS: mails", "sns-mails", "", mails)
    yield counted("Logs: taken in", "logs-gb", "GB", usage.log_bytes / _GB)
    kept = min(DAYS, usage.kept_days or DAYS)
    logged_gb = usage.log_bytes / _GB
    # Each byte is kept for that many of the month's days; compressed it would be less.
    yield priced(
        *("Logs: kept", "logs-gb-months", "GB-mo"),
        *(logged_gb / DAYS, logged_gb * times * kept / DAYS),
    )
    yield standing("CloudWatch: custom metrics", "custom-metrics", "", usage.metrics)
    yield standing("CloudWatch: alarms", "alarms", "", usage.alarms)
    yield standing("CloudWatch: dashboards", "dashboards", "", usage.dashboards)


def _changes(usage: Usage, prices: Prices, times: float) -> Iterator[Change]:
    """What other choices would cost more, or less, a month."""
    function = usage.function
    if function.invocations:
        now = function.gb_s() * prices.usd["lambda-gb-seconds"] * times
        arm = function.gb_s() * prices.usd["lambda-gb-seconds-arm64"] * times
        yield Change("Architecture arm64, if it is as fast", arm - now)
        for memory in _MEMORIES:
            if memory != function.memory_mb and memory > function.least_mb:
                other = function.gb_s(memory) * prices.usd["lambda-gb-seconds"] * times
                yield Change(f"{memory} MB of memory instead of {function.memory_mb}", other - now)
    quiet = replace(usage, log_bytes=usage.log_bytes - usage.quiet_log_bytes)
    saved = sum(
        line.month_usd * sign
        for each, sign in ((quiet, 1), (usage, -1))
        for line in _lines(each, prices, times)
        if line.price.startswith("logs-")
    )
    yield Change("Log level WARN: no lines of what went well", saved)


def _stored_gb(usage: Usage, times: float) -> float:
    return usage.stored_bytes / _GB * times
