"""Evaluates all metric alarms, again and again.

The provider has it in the place of LocalStack's scheduler, whose methods it has.

TAPSTACK_ALARM_INTERVAL_S evaluates more often than AWS, which does so every minute, and every ten
seconds for periods below a minute. The periods that are looked at stay those of AWS. When time is
let pass (alarm_clock.py), all alarms are evaluated at once, before who lets it pass has an answer.
"""

import logging
import os
import threading
import time
from collections.abc import Callable

from localstack.services.cloudwatch.models import (
    LocalStackAlarm,
    LocalStackMetricAlarm,
    cloudwatch_stores,
)

from localstack_parity import activity
from localstack_parity.cloudwatch import alarm_clock
from localstack_parity.cloudwatch.alarms import (
    HIGH_RESOLUTION_S,
    MINUTE,
    change_state,
    evaluate,
    period_of,
)
from localstack_parity.cloudwatch.metric_data import ReadMetric
from localstack_parity.stores import every

LOG = logging.getLogger(__name__)

INTERVAL_VARIABLE = "TAPSTACK_ALARM_INTERVAL_S"
_ACTIVITY = "an evaluation of alarms"
_PATIENCE_S = 10.0  # an action of an alarm may take long
SETTLING_S = 5  # after a full minute, until what services report about it has been written

type Changed = Callable[[str, str, LocalStackAlarm], None]


class AlarmScheduler:
    """The thread that does it.

    ``read`` gives a function that reads an account's metrics in a region as of so many seconds
    ahead, ``changed`` receives alarms that changed state.
    """

    def __init__(self, read: Callable[[str, str, int], ReadMetric], changed: Changed) -> None:
        self._read = read
        self._changed = changed
        self._interval_s = float(os.environ.get(INTERVAL_VARIABLE) or MINUTE)
        self._at = self._turn(time.time())  # of the last evaluation of all
        self._wake = threading.Event()
        self._rounds = threading.Condition()
        self._asked_for = self._done = 0  # rounds that somebody waits for, counted
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to evaluate, if that has not begun."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
            self._thread.start()

    def shutdown(self) -> None:
        """Stop evaluating."""
        thread, self._thread = self._thread, None
        self._wake.set()
        if thread and thread is not threading.current_thread():
            thread.join(10)

    def evaluate_now(self) -> None:
        """Have all alarms evaluated, and wait until they are, at most for some seconds."""
        with self._rounds:
            self._asked_for += 1
            this = self._asked_for
            self._wake.set()
            if self._thread:
                self._rounds.wait_for(lambda: self._done >= this, _PATIENCE_S)

    def schedule_metric_alarm(self, alarm_arn: str) -> None:
        """Nothing to do: every alarm is evaluated at the next turn."""

    def delete_scheduler_for_alarm(self, alarm_arn: str) -> None:
        """Nothing to do: an alarm that is gone is not evaluated."""

    def restart_existing_alarms(self) -> None:
        """Nothing to do: alarms are found in the stores."""

    def _run(self) -> None:
        step = min(HIGH_RESOLUTION_S, self._interval_s)
        while True:
            self._wake.wait(step)
            with self._rounds:
                if self._thread is not threading.current_thread():
                    return
                self._wake.clear()
                this = self._asked_for
            # What an alarm does counts as under way, and none changes its state while there is to
            # be nothing: a state that is saved would have half of it.
            with activity.doing(_ACTIVITY):
                if not activity.may_begin():
                    continue
                turn = self._turn(time.time())
                self._evaluate_all(everyone=this != self._done or turn != self._at)
                self._at = turn
            with self._rounds:
                self._done = this
                self._rounds.notify_all()

    def _evaluate_all(self, *, everyone: bool) -> None:
        """Evaluate all alarms, or those with periods below a minute."""
        for account, region, store in every(cloudwatch_stores):
            for alarm in list(store.alarms.values()):
                if not isinstance(alarm, LocalStackMetricAlarm):
                    continue
                if everyone or period_of(alarm.alarm) < MINUTE:
                    self._evaluate(account, region, alarm)

    def _turn(self, now: float) -> int:
        return int((now - SETTLING_S) // self._interval_s)

    def _evaluate(self, account: str, region: str, alarm: LocalStackMetricAlarm) -> None:
        ahead_s = alarm_clock.ahead_s()
        try:
            read = self._read(account, region, ahead_s)
            found = evaluate(alarm.alarm, read, int(time.time()) + ahead_s)
        except Exception as e:  # the other alarms are to be evaluated all the same
            LOG.warning("Alarm %s cannot be evaluated: %s", alarm.alarm["AlarmName"], e)
            return
        if found and change_state(account, region, alarm, *found):
            self._changed(account, region, alarm)
