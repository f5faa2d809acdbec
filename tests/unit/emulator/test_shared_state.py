"""What threads share is whole, whichever of them looks at it and however they take turns."""

from tests.unit.emulator.conftest import Run

# Many turns: what can come between two steps of another thread does.
TOGETHER = """
import sys, threading

def together(times, first, *others):
    '''Call `first` so many times, each with its round, and the others meanwhile; raise errors.'''
    raised, over, begin = [], threading.Event(), threading.Barrier(1 + len(others))

    def again(work):
        begin.wait()
        number = 0
        try:
            while number < times if work is first else not over.is_set():
                work(number)
                number += 1
        except Exception as error:
            raised.append(error)
        finally:
            if work is first or raised:
                over.set()

    threads = [threading.Thread(target=again, args=(work,)) for work in (first, *others)]
    sys.setswitchinterval(1e-6)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(0.005)
    for error in raised:
        raise error
"""


def test_an_event_is_handled_while_a_handler_pauses(run: Run) -> None:
    """As one does after a throttle: the next event notifies one that can take it."""
    program = """
import threading
from localstack_parity.lambda_runtime.event_queue import Event, EventQueue

def handle(event):
    done.release()
    if event.payload == b"throttled":
        queue.pause(600)

def event(payload):
    return Event(payload, "1", "arn", None, None, None)

queue, done = EventQueue("events", handle, 2), threading.Semaphore(0)
queue.put(event(b"throttled"))
assert done.acquire(timeout=60)
for _ in range(200):
    queue.put(event(b""))
    assert done.acquire(timeout=60)
queue.close()
"""
    run(program)


def test_receives_of_one_queue_are_remembered_whatever_others_receive(run: Run) -> None:
    """Each can be made again under its id, though all queues' are kept together."""
    program = """
from localstack.services.sqs.models import FifoQueue
from localstack_parity.sqs.receive_attempts import ReceiveAttempts

attempts = ReceiveAttempts()

def receiver(name):
    queue = FifoQueue(f"{name}.fifo", "us-east-1", "000000000000")
    queue.put({"MessageId": "1", "Body": "", "MD5OfBody": ""}, 30,
              message_deduplication_id="1", message_group_id="1")
    handle = queue.receive(1, wait_time_seconds=0, visibility_timeout=600).receipt_handles[0]
    answer = {"Messages": [{"ReceiptHandle": handle}]}

    def receive(number):
        with queue.mutex:
            attempts.remember(queue, str(number), answer)
            assert attempts.repeat(queue, str(number), None) is answer
            assert number == 0 or (queue.arn, str(number - 1)) in attempts._attempts
    return receive

together(200, receiver("one"), receiver("other"), receiver("third"))
"""
    run(TOGETHER + program)


def test_a_purge_between_a_receive_and_its_note_is_no_error(run: Run) -> None:
    """GIVEN messages that are gone already THEN the receive is answered, and is not repeated."""
    program = """
from localstack.services.sqs.models import FifoQueue
from localstack_parity.sqs.receive_attempts import ReceiveAttempts

queue, attempts = FifoQueue("a.fifo", "us-east-1", "000000000000"), ReceiveAttempts()
attempts.remember(queue, "1", {"Messages": [{"ReceiptHandle": "of a message that is gone"}]})
print(attempts.repeat(queue, "1", None))
"""
    assert run(program).strip() == "None"


def test_what_several_write_to_a_log_stream_is_counted(run: Run) -> None:
    program = """
from moto.logs.models import logs_backends
from localstack_parity.logs import streams

streams.install()
backend = logs_backends["000000000000"]["us-east-1"]
backend.create_log_group("group", {})
backend.create_log_stream("group", "stream")
stream, tokens = backend.groups["group"].streams["stream"], []

def write(number):
    tokens.append(stream.put_log_events([{"timestamp": number, "message": "four"}] * 3))

together(50, write, *[lambda number: write(number)] * 3)
many = len(tokens)
print(len(stream.store) == 3 * many, stream.stored_bytes == 12 * many, len(set(tokens)) == many)
"""
    assert run(TOGETHER + program).split() == ["True", "True", "True"]


def test_logs_are_written_while_functions_are_made(run: Run) -> None:
    """A state is saved, and at that moment a function gets what writes its logs."""
    program = """
from localstack_parity.lambda_runtime import logs

kept = [logs.LogWriter(None) for _ in range(1000)]
together(3, lambda _: logs.write_now(), lambda _: kept.append(logs.LogWriter(None)))
"""
    run(TOGETHER + program)


def test_of_two_that_wait_for_a_debugger_each_can_be_ended(run: Run) -> None:
    """GIVEN two of one function WHEN one has come to its end THEN the other can still be ended."""
    program = """
from contextlib import ExitStack
from localstack.http import Request
from localstack_parity.lambda_runtime import debugging

class Waiting:
    def stop(self):
        print("ended")

with ExitStack() as one, ExitStack() as other:
    one.enter_context(debugging.ending("function", Waiting()))
    other.enter_context(debugging.ending("function", Waiting()))
    one.close()
    debugging._answer(Request("DELETE", body='{"function": "function"}'))
"""
    assert run(program).split() == ["ended"]


def test_a_deleted_bucket_takes_no_file_of_a_new_one_along(run: Run) -> None:
    """GIVEN a bucket of the same name that is made again before the old one's folder is gone."""
    program = """
from pathlib import Path
from localstack.services.s3.models import S3Object
from localstack_parity.s3.disk_store import DiskObjectStore

store, record = DiskObjectStore(Path("objects")), S3Object(key="a")
with store.create_file("bucket", record) as file:
    file.write(b"content")
store.delete_bucket("bucket")
print(store.path_of(record).read_text())
del record
store.delete_bucket("bucket")
print(list(Path("objects").iterdir()))
"""
    assert run(program).split() == ["content", "[]"]


def test_who_reads_while_a_version_is_replaced_never_reads_an_older_one(run: Run) -> None:
    """GIVEN a bucket whose versioning is suspended, and a key with a version from before."""
    program = """
from localstack.services.s3.models import S3Object
from localstack_parity.s3.key_stores import Versions
from localstack_parity.s3.records import Record

versions = Versions()
versions.set("key", S3Object(key="key", version_id="old"))

record = Record(S3Object(key="key", version_id="null"))

def write(_):
    versions.set("key", record)

def read(_):
    assert versions.get("key").version_id == "null"
    assert versions.get("key", "null")
    assert [each.version_id for each in versions.versions("key")] == ["old", "null"]

write(0)
together(5000, write, read)
"""
    run(TOGETHER + program)


def test_a_template_that_is_forgotten_at_once_is_validated(run: Run) -> None:
    """GIVEN so many others at that moment that its answer is not kept."""
    program = """
from localstack_parity.cloudformation import validation

validation._KEPT = 0
request = {"template": '{"Resources": {}}', "parameters": {}, "pseudo_parameters": {
    "account_id": "000000000000", "region": "us-east-1", "stack_name": "stack"}}
print(type(validation._answer(request)).__name__)
"""
    assert run(program).split() == ["list"]
