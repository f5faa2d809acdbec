"""LocalStack's CloudWatch provider, with metrics, metric math and alarms as on AWS."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudwatch import (
    DashboardInvalidInputError,
    InvalidParameterCombinationException,
    InvalidParameterValueException,
    MissingRequiredParameterException,
    PutCompositeAlarmInput,
    PutMetricAlarmInput,
    ResourceNotFound,
)
from localstack.services.cloudwatch.models import (
    LocalStackAlarm,
    LocalStackCompositeAlarm,
    LocalStackMetricAlarm,
)
from localstack.services.cloudwatch.provider_v2 import _STORE_LOCK, CloudwatchProvider
from localstack.utils.aws.arns import cloudwatch_alarm_arn

from localstack_parity.cloudwatch import (
    alarm_clock,
    alarm_messages,
    alarm_validation,
    alarms,
    composite,
    dashboards,
    measurements,
    metric_data,
    metric_statistics,
    paging,
    widget_images,
)
from localstack_parity.cloudwatch.alarm_scheduler import AlarmScheduler
from localstack_parity.cloudwatch.database import MetricDatabase
from localstack_parity.cloudwatch.metric_data import ValidationException

MAX_STATISTICS = 1440
MAX_DATAPOINTS = 100_800
STATES = ("INSUFFICIENT_DATA", "ALARM", "OK")
# What a new configuration leaves as it was: "its state is left unchanged" (PutMetricAlarm).
KEPT = (
    *("StateValue", "StateReason", "StateReasonData"),
    *("StateUpdatedTimestamp", "StateTransitionedTimestamp"),
)


class ParityCloudwatchProvider(CloudwatchProvider):
    """CloudWatch that distinguishes metrics by all dimensions, calculates, and evaluates alarms."""

    def __init__(self) -> None:
        super().__init__()
        self.cloudwatch_database = MetricDatabase()
        self.alarm_scheduler = AlarmScheduler(self._reader, self._after_change)
        alarm_clock.listen(self._let_time_pass)
        measurements.store_with(self._store)

    def put_metric_data(
        self, context: RequestContext, namespace: str, metric_data: Any = None, **request: Any
    ) -> None:
        """Store datapoints; there is no request without any."""
        if not metric_data:
            raise MissingRequiredParameterException("The parameter MetricData is required.")
        super().put_metric_data(context, namespace, metric_data, **request)

    def _store(
        self, account: str, region: str, namespace: str, datums: list[dict[str, Any]]
    ) -> None:
        """Store what the services measure; after a reset, in the database that there is then."""
        self.cloudwatch_database.add_metric_data(account, region, namespace, datums)

    def on_after_state_reset(self) -> None:
        """Begin again with an empty database."""
        super().on_after_state_reset()
        self.cloudwatch_database = MetricDatabase()

    def on_before_state_save(self) -> None:
        """Have no alarm change its state meanwhile."""
        self.alarm_scheduler.shutdown()

    def on_after_state_save(self) -> None:
        """Go on."""
        self.alarm_scheduler.start()

    def _reader(
        self, account: str, region: str, ahead_s: int | None = None
    ) -> metric_data.ReadMetric:
        return metric_data.reader(self.cloudwatch_database, account, region, ahead_s)

    def _let_time_pass(self, seconds: int) -> None:
        self.cloudwatch_database.let_time_pass(seconds)
        self.alarm_scheduler.evaluate_now()

    def _after_change(self, account: str, region: str, alarm: LocalStackAlarm) -> None:
        """Let composite alarms follow."""
        composite.follow(account, region, alarm)

    # --- Metrics ------------------------------------------------------------------------------

    def get_metric_data(
        self,
        context: RequestContext,
        metric_data_queries: list[dict[str, Any]],
        start_time: datetime,
        end_time: datetime,
        next_token: str | None = None,
        scan_by: str | None = None,
        max_datapoints: int | None = None,
        **request: Any,
    ) -> Any:
        """Metrics and metric math, page by page."""
        metric_data.check(metric_data_queries)
        start, end = _span(start_time, end_time, _periods(metric_data_queries))
        solved = metric_data.solve(
            metric_data_queries, self._reader(context.account_id, context.region), start, end
        )
        ascending = scan_by == "TimestampAscending"
        found = metric_data.results(metric_data_queries, solved, ascending=ascending)
        limit = max_datapoints or MAX_DATAPOINTS
        shown, following = metric_data.page(found, paging.position(next_token), limit)
        token = {} if following is None else {"NextToken": paging.token(following)}
        return {"MetricDataResults": shown, "Messages": [], **token}

    def get_metric_statistics(
        self,
        context: RequestContext,
        namespace: str,
        metric_name: str,
        start_time: datetime,
        end_time: datetime,
        period: int,
        dimensions: list[dict[str, str]] | None = None,
        statistics: Sequence[str] | None = None,
        extended_statistics: Sequence[str] | None = None,
        unit: str | None = None,
        **request: Any,
    ) -> Any:
        """Statistics of one metric, for each unit that it was published in."""
        metric_data.check_period(period)
        names = [*(statistics or ()), *(extended_statistics or ())]
        for name in names:
            metric_data.check_statistic(name)
        start, end = _span(start_time, end_time, [period])
        count = (end - start) // period
        if count > MAX_STATISTICS:
            raise InvalidParameterCombinationException(
                f"You have requested up to {count} datapoints, which exceeds the limit of"
                f" {MAX_STATISTICS}. You may reduce the datapoints requested by increasing Period,"
                " or decreasing the time range."
            )
        datapoints = metric_statistics.datapoints(
            self.cloudwatch_database,
            context.account_id,
            context.region,
            {"Namespace": namespace, "MetricName": metric_name, "Dimensions": dimensions},
            names,
            start=start,
            end=end,
            period=period,
            unit=unit,
        )
        return {"Datapoints": datapoints, "Label": metric_name}

    # --- Alarms -------------------------------------------------------------------------------

    @handler("PutMetricAlarm", expand=False)
    def put_metric_alarm(self, context: RequestContext, request: PutMetricAlarmInput) -> None:
        """Create an alarm, or give it a new configuration and leave its state alone."""
        alarm_validation.check(request, context.region)
        alarm = LocalStackMetricAlarm(context.account_id, context.region, _configuration(request))
        self._put(context, alarm, request.get("Tags"))

    @handler("PutCompositeAlarm", expand=False)
    def put_composite_alarm(self, context: RequestContext, request: PutCompositeAlarmInput) -> None:
        """Create an alarm on other alarms, or give it a new configuration; then evaluate it."""
        account, region = context.account_id, context.region
        alarm = LocalStackCompositeAlarm(account, region, _configuration(request))
        created = self._put(context, alarm, request.get("Tags"))
        composite.begin(account, region, alarm, created=created)

    def _put(self, context: RequestContext, alarm: LocalStackAlarm, tags: Any) -> bool:
        """Store an alarm, in the state that it had; return whether it is new."""
        arn = alarm.alarm["AlarmArn"]
        with _STORE_LOCK:
            store = self.get_store(context.account_id, context.region)
            existing = store.alarms.get(arn)
            if existing:
                kept = {name: existing.alarm[name] for name in KEPT if name in existing.alarm}
                alarm.alarm.update(kept)
            elif tags:
                store.TAGS.tag_resource(arn, tags)
            store.alarms[arn] = alarm
            self._record(store, alarm, "Update" if existing else "Create")
        return existing is None

    def delete_alarms(
        self, context: RequestContext, alarm_names: list[str], **request: Any
    ) -> None:
        """Delete alarms; their history stays."""
        with _STORE_LOCK:
            store = self.get_store(context.account_id, context.region)
            composite.check_deletion(alarm_names, store)
            for name in alarm_names:
                arn = cloudwatch_alarm_arn(name, context.account_id, context.region)
                if alarm := store.alarms.pop(arn, None):
                    self._record(store, alarm, "Delete")

    def _record(self, store: Any, alarm: LocalStackAlarm, kind: str) -> None:
        done = {"Create": "created", "Update": "updated", "Delete": "deleted"}[kind]
        summary = f'Alarm "{alarm.alarm["AlarmName"]}" {done}'
        data = alarm_messages.configuration(kind, alarm.alarm)
        alarms.record(store, alarm, "ConfigurationUpdate", summary, data, datetime.now(UTC))

    def set_alarm_state(
        self,
        context: RequestContext,
        alarm_name: str,
        state_value: str,
        state_reason: str,
        state_reason_data: str | None = None,
        **request: Any,
    ) -> None:
        """Put an alarm into a state until its next evaluation."""
        if state_value not in STATES:
            raise ValidationException(
                f"1 validation error detected: Value '{state_value}' at 'stateValue' failed to"
                f" satisfy constraint: Member must satisfy enum value set: [{', '.join(STATES)}]"
            )
        if state_reason_data:
            try:
                json.loads(state_reason_data)
            except ValueError:
                raise ValidationException("StateReasonData must be valid JSON.") from None
        arn = cloudwatch_alarm_arn(alarm_name, context.account_id, context.region)
        alarm = self.get_store(context.account_id, context.region).alarms.get(arn)
        if alarm is None:
            raise ResourceNotFound()
        account, region = context.account_id, context.region
        if alarms.change_state(
            account, region, alarm, state_value, state_reason, state_reason_data
        ):
            self._after_change(account, region, alarm)

    def describe_alarms(
        self,
        context: RequestContext,
        alarm_names: list[str] | None = None,
        alarm_name_prefix: str | None = None,
        alarm_types: list[str] | None = None,
        state_value: str | None = None,
        action_prefix: str | None = None,
        max_records: int | None = None,
        next_token: str | None = None,
        **request: Any,
    ) -> Any:
        """Alarms by name; metric alarms alone unless AlarmTypes says otherwise."""
        types = alarm_types or ["MetricAlarm"]
        store = self.get_store(context.account_id, context.region)
        with _STORE_LOCK:  # each as it is now: state, reason and time change together
            known = [(_type(alarm), dict(alarm.alarm)) for alarm in store.alarms.values()]
        found = [
            (type_, alarm)
            for type_, alarm in known
            if type_ in types
            and (alarm_names is None or alarm["AlarmName"] in alarm_names)
            and alarm["AlarmName"].startswith(alarm_name_prefix or "")
            and (state_value is None or alarm["StateValue"] == state_value)
            and (not action_prefix or _has_action(alarm, action_prefix))
        ]
        found.sort(key=lambda each: str(each[1]["AlarmName"]))
        shown, token = paging.page(found, next_token, max_records)
        return {
            f"{kind}s": [alarm for type_, alarm in shown if type_ == kind]
            for kind in ("MetricAlarm", "CompositeAlarm")
        } | token

    def describe_alarm_history(
        self,
        context: RequestContext,
        alarm_name: str | None = None,
        alarm_types: list[str] | None = None,
        history_item_type: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        max_records: int | None = None,
        next_token: str | None = None,
        scan_by: str | None = None,
        **request: Any,
    ) -> Any:
        """What happened to alarms, the newest first unless asked otherwise."""
        types = alarm_types or ["MetricAlarm"]
        found = [
            item
            for item in self.get_store(context.account_id, context.region).histories
            if (alarm_name is None or item["AlarmName"] == alarm_name)
            and item["AlarmType"] in types
            and (history_item_type is None or item["HistoryItemType"] == history_item_type)
            and (start_date is None or item["Timestamp"] >= start_date)
            and (end_date is None or item["Timestamp"] <= end_date)
        ]
        if scan_by != "TimestampAscending":
            found.reverse()
        shown, token = paging.page(found, next_token, max_records)
        return {"AlarmHistoryItems": shown, **token}

    def get_metric_widget_image(
        self,
        context: RequestContext,
        metric_widget: str,
        output_format: str | None = None,
        **request: Any,
    ) -> Any:
        """A graph of metrics as a PNG."""
        read = self._reader(context.account_id, context.region)
        image = widget_images.draw(metric_widget, output_format, context.region, read)
        return {"MetricWidgetImage": image}

    # --- Dashboards ---------------------------------------------------------------------------

    def put_dashboard(
        self, context: RequestContext, dashboard_name: str, dashboard_body: str, **request: Any
    ) -> Any:
        """Create or replace a dashboard whose body CloudWatch understands."""
        if problems := dashboards.problems(dashboard_body):
            raise DashboardInvalidInputError(
                dashboards.refusal(problems), dashboardValidationMessages=_messages(problems)
            )
        super().put_dashboard(context, dashboard_name, dashboard_body, **request)
        store = self.get_store(context.account_id, context.region)
        dashboard = store.dashboards[dashboard_name]
        dashboard.last_modified = datetime.now(UTC)
        dashboard.size = len(dashboard_body.encode())
        return {"DashboardValidationMessages": _messages(dashboards.warnings(dashboard_body))}


def _messages(problems: list[dashboards.Problem]) -> list[dict[str, str]]:
    return [{"DataPath": problem.path, "Message": problem.message} for problem in problems]


def _configuration(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name != "Tags"}


def _type(alarm: LocalStackAlarm) -> str:
    return "MetricAlarm" if isinstance(alarm, LocalStackMetricAlarm) else "CompositeAlarm"


def _has_action(alarm: Mapping[str, Any], prefix: str) -> bool:
    names = ("OKActions", "AlarmActions", "InsufficientDataActions")
    return any(action.startswith(prefix) for name in names for action in alarm[name])


def _periods(queries: list[dict[str, Any]]) -> list[int]:
    return [query["MetricStat"]["Period"] for query in queries if query.get("MetricStat")]


def _span(start_time: datetime, end_time: datetime, periods: list[int]) -> tuple[int, int]:
    """Start and end as CloudWatch takes them, in seconds since the epoch."""
    if start_time >= end_time:
        raise InvalidParameterValueException(
            "The parameter StartTime must be less than the parameter EndTime."
        )
    now = datetime.now(UTC)
    shortest = min(periods, default=60)
    return (
        metric_data.rounded(start_time, shortest, now),
        metric_data.rounded(end_time, shortest, now),
    )
