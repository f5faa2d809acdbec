"""When the time of a fault on purpose in mid-invocation begins."""

from tests.unit.emulator.conftest import Run

STRUCK = """
import threading
from localstack_parity.chaos.invocations import RULES, endangered

class Processes:
    def __init__(self):
        self.stand_still = threading.Event()

    def freeze(self):
        self.stand_still.set()

processes = Processes()
RULES.replace([{"fault": "timeout", "after": 0}])
with endangered(processes, "a-function", "AKIA", "1", b"{}") as invocation:
    print(processes.stand_still.wait(0.2))
    invocation.begun()
    print(processes.stand_still.wait(30))
"""


def test_no_time_passes_before_the_event_is_handed_over(run: Run) -> None:
    """Or a function at rest, which is woken for its event, would be woken from its time-out."""
    assert run(STRUCK).split() == ["False", "True"]


ANSWERED = (
    STRUCK.partition("RULES.replace")[0]
    + """
from localstack_parity.chaos import journal

RULES.replace([{"fault": "timeout", "after": 300}])
with endangered(processes, "a-function", "AKIA", "1", b"{}") as invocation:
    invocation.begun()
    print(invocation.over(), processes.stand_still.wait(1), journal.lines())
RULES.replace([{"fault": "timeout", "after": 0}])
with endangered(processes, "a-function", "AKIA", "1", b"{}") as invocation:
    invocation.begun()
    print(processes.stand_still.wait(30), invocation.over(), len(journal.lines()))
"""
)


def test_an_invocation_is_struck_or_has_answered_and_never_both(run: Run) -> None:
    """Or the journal would show a fault that nothing came of."""
    assert run(ANSWERED).splitlines() == ["True False []", "True False 1"]
