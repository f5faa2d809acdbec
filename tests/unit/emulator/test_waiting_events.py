"""What the emulator keeps in memory of an event that waits for its function."""

from tests.unit.emulator.conftest import Run

WAITING = """
import json, tracemalloc, uuid
from datetime import datetime
from localstack.aws.api.lambda_ import InvocationType
from localstack.services.lambda_.invocation.lambda_models import Invocation
from localstack.utils.xray.trace_header import TraceHeader
from localstack_parity.lambda_runtime.event_queue import Event, EventQueue

def invocation(number):
    key = f"uploads/run-20261127T100000Z-abcd/user-{number % 200:03}/thumbnail-{number:05}.jpg"
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "rest": "r" * 600,
              "s3": {"bucket": {"name": "uploads"}, "object": {"key": key, "size": number}}}
    return Invocation(
        payload=json.dumps({"Records": [record]}).encode(),
        invoked_arn="arn:aws:lambda:us-east-1:000000000000:function:" + "image-processor-dev",
        client_context=None, invocation_type=InvocationType.Event, invoke_time=datetime.now(),
        request_id=str(uuid.uuid4()), user_agent="aws-" + "internal",
        trace_context={"aws_trace_header": TraceHeader().ensure_root_exists()})

queue = EventQueue("events", print, 0)
"""


def test_an_event_that_waits_takes_a_third_of_its_payload(run: Run) -> None:
    """With 20,000 images some ten thousand wait: 14 MB, if each were kept as it came."""
    program = """
many = 3_000
queue.put(Event.of(invocation(0)))
tracemalloc.start()
for number in range(1, many + 1):
    queue.put(Event.of(invocation(number)))
print(tracemalloc.get_traced_memory()[0] // many, len(invocation(1).payload))
"""
    kept, payload = map(int, run(WAITING + program).split())
    assert kept < payload / 3, (kept, payload)


def test_an_event_keeps_all_that_was_asked_for(run: Run) -> None:
    """Its request, its trace and its payload stay the same over all attempts."""
    program = """
asked = invocation(1)
asked.client_context, asked.trace_context["aws_trace_header"] = "e30=", TraceHeader.from_header_str(
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1")
event = Event.of(asked)
for made in (event.invocation, event.invocation):
    for name in ("payload", "invoked_arn", "client_context", "invocation_type", "request_id",
                 "user_agent"):
        assert getattr(made, name) == getattr(asked, name), name
    traces = [each.trace_context["aws_trace_header"].to_header_str() for each in (made, asked)]
    assert traces[0] == traces[1] == event.trace
    assert abs((made.invoke_time - asked.invoke_time).total_seconds()) < 60
asked.trace_context = {}
assert Event.of(asked).invocation.trace_context == {}
"""
    run(WAITING + program)


def test_what_waits_comes_as_it_went(run: Run) -> None:
    """Whatever it has in common with the first one, of any size, and however often it was tried."""
    program = """
import dataclasses, os
first = Event.of(invocation(1))
sent = [first, dataclasses.replace(first, payload=b"", trace=None, user_agent=None),
        dataclasses.replace(first, payload=os.urandom(1_000_000), client_context="\\udc80"),
        dataclasses.replace(first, retries=2, postponed=3, skipped_s=0.25, received=1.5)]
for event in sent:
    queue.put(event)
print([event for _, event in queue.waiting()] == sent)
taking = EventQueue("taking", lambda event: (taken.append(event), done.release()), 2)
taken, done = [], threading.Semaphore(0)
for event in sent:
    taking.put(event)
for _ in sent:
    assert done.acquire(timeout=60)
print(sorted(taken, key=lambda it: sent.index(it)) == sent)
"""
    assert run(WAITING + "import threading\n" + program).split() == ["True", "True"]
