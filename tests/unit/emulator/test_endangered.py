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
with endangered(processes, "a-function", "AKIA", "1", b"{}") as begun:
    print(processes.stand_still.wait(0.2))
    begun()
    print(processes.stand_still.wait(30))
"""


def test_no_time_passes_before_the_event_is_handed_over(run: Run) -> None:
    """Or a function at rest, which is woken for its event, would be woken from its time-out."""
    assert run(STRUCK).split() == ["False", "True"]
