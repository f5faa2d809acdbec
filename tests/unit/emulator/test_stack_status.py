"""What can be seen of a stack at the moment at which its status changes."""

import json

from tests.unit.emulator.conftest import Run

WATCHED = """
import json
from localstack.aws.api.cloudformation import StackStatus
from localstack.services.cloudformation.v2.entities import Stack
from localstack_parity.cloudformation import executor

seen = []

class Watched(Stack):
    def __setattr__(self, name, value):
        if name == "status":
            event = getattr(self, "events", [None])[0]
            seen.append((value, event and event["ResourceStatus"]))
        super().__setattr__(name, value)

executor.install()
stack = Watched("0" * 12, "us-east-1", {"StackName": "one"})
seen.clear()
for status in ("CREATE_COMPLETE", "REVIEW_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"):
    stack.set_stack_status(StackStatus(status), "why")
print(json.dumps({"seen": seen, "status": stack.status, "reason": stack.status_reason}))
"""


def test_a_status_is_seen_with_its_event(run: Run) -> None:
    """Who sees that a stack has ended may read its events, or begin the next operation, at once."""
    found = json.loads(run(WATCHED))
    statuses = ["CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
    assert found == {
        "seen": [[status, status] for status in statuses],
        "status": "UPDATE_COMPLETE",
        "reason": "why",
    }
