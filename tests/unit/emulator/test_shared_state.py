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
together(3000, write, read)
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


LOGS = (
    TOGETHER
    + """
from localstack.aws.api import CommonServiceException
from localstack.aws.forwarder import create_aws_request_context
from localstack.services.logs.models import get_moto_logs_backend
from localstack_parity.logs.provider import ParityLogsProvider

provider, backend = ParityLogsProvider(), get_moto_logs_backend("000000000000", "us-east-1")

def ask(operation, **parameters):
    context = create_aws_request_context("logs", operation, parameters=parameters,
                                         region="us-east-1")
    context.account_id = context.request.headers["x-moto-account-id"] = "000000000000"
    named = {"logGroupName": "log_group_name", "logStreamName": "log_stream_name",
             "filterName": "filter_name", "filterPattern": "filter_pattern",
             "metricTransformations": "metric_transformations"}
    method = {"CreateLogGroup": "create_log_group", "CreateLogStream": "create_log_stream",
              "PutMetricFilter": "put_metric_filter"}[operation]
    getattr(provider, method)(context, **{named[name]: it for name, it in parameters.items()})
"""
)


def test_of_two_who_create_a_log_stream_one_is_refused(run: Run) -> None:
    """Or the second one's would replace the first one's, with the events in it."""
    program = """
ask("CreateLogGroup", logGroupName="group")
created = []

def create(name, begin):
    begin.wait()
    try:
        ask("CreateLogStream", logGroupName="group", logStreamName=name)
        created.append(name)
    except CommonServiceException as error:
        assert error.code == "ResourceAlreadyExistsException", error

sys.setswitchinterval(1e-6)
for number in range(60):
    begin = threading.Barrier(2)
    both = [threading.Thread(target=create, args=(str(number), begin)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
print(sorted(map(int, created)) == list(range(60)))
"""
    assert run(LOGS + program).split() == ["True"]


def test_metric_filters_that_are_put_at_a_time_keep_what_each_has(run: Run) -> None:
    program = """
ask("CreateLogGroup", logGroupName="group")

def putting(name):
    transformations = [{"metricName": name, "metricNamespace": "Own", "metricValue": "1"}]

    def put(_):
        ask("PutMetricFilter", logGroupName="group", filterName=name, filterPattern="",
            metricTransformations=transformations)
        for one in list(backend.filters.metric_filters):
            assert one["metricTransformations"][0]["metricName"] == one["filterName"]
    return put

together(80, putting("one"), putting("other"), putting("third"))
print(sorted(it["filterName"] for it in backend.filters.metric_filters))
"""
    assert run(LOGS + program).strip() == "['one', 'other', 'third']"


def test_log_groups_are_listed_while_others_come(run: Run) -> None:
    program = """
for number in range(1000):
    backend.create_log_group(f"group-{number}", {})

def create(number):
    backend.create_log_group(f"new-{number}", {})

together(200, create, lambda _: provider.describe_log_groups(context, {}))
"""
    context = """
context = create_aws_request_context("logs", "DescribeLogGroups", parameters={}, region="us-east-1")
context.account_id = "000000000000"
"""
    run(LOGS + context + program)


ALARMS = (
    TOGETHER
    + """
from types import SimpleNamespace
from localstack.services.cloudwatch.models import cloudwatch_stores
from localstack_parity.cloudwatch.provider import ParityCloudwatchProvider

provider = ParityCloudwatchProvider()
context = SimpleNamespace(account_id="000000000000", region="us-east-1")

def put(name):
    provider.put_metric_alarm(context, {
        "AlarmName": name, "Namespace": "Own", "MetricName": "Own", "Statistic": "Sum",
        "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0, "TreatMissingData": "missing",
        "ComparisonOperator": "GreaterThanThreshold", "ActionsEnabled": True})

def state(name):
    known = cloudwatch_stores["000000000000"]["us-east-1"].alarms.values()
    return next(it.alarm["StateValue"] for it in known if it.alarm["AlarmName"] == name)
"""
)


def test_an_alarm_is_described_as_it_is_at_one_moment(run: Run) -> None:
    """GIVEN alarms that come and go, and one that changes its state, for a reason."""
    program = """
put("one")
provider.set_alarm_state(context, "one", "OK", "because OK")

def come_and_go(number):
    put("other")
    provider.delete_alarms(context, ["other"])

def change(number):
    to = ("ALARM", "OK")[number % 2]
    provider.set_alarm_state(context, "one", to, f"because {to}")

def describe(_):
    found = provider.describe_alarms(context, alarm_names=["one"])["MetricAlarms"]
    assert [it["StateReason"] for it in found] == [f"because {found[0]['StateValue']}"], found

together(1000, describe, change, come_and_go)
"""
    run(ALARMS + program)


def test_a_composite_alarm_follows_two_that_change_at_a_time(run: Run) -> None:
    """Whichever of them is late: in the end its state is that of both."""
    program = """
put("one"), put("other")
provider.put_composite_alarm(context, {
    "AlarmName": "both", "AlarmRule": "ALARM(one) OR ALARM(other)", "ActionsEnabled": True})

def change(name, to, begin):
    begin.wait()
    provider.set_alarm_state(context, name, to, "because")

sys.setswitchinterval(1e-6)
for number in range(150):
    to, begin = ("ALARM", "OK")[number % 2], threading.Barrier(2)
    threads = [threading.Thread(target=change, args=(it, to, begin)) for it in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state("both") == to, number
"""
    run(ALARMS + program)


def test_alarms_are_evaluated_while_stores_come(run: Run) -> None:
    """As with the first call in another Region; the thread goes on."""
    program = """
from localstack_parity.cloudwatch.alarm_scheduler import AlarmScheduler

scheduler = AlarmScheduler(lambda *_: None, lambda *_: None)
scheduler.start()
thread = scheduler._thread
regions = list(cloudwatch_stores["000000000000"].valid_regions)

def come(number):
    for region in regions[:5]:
        cloudwatch_stores[f"{number + 1:012}"][region]

together(1000, come, lambda _: thread.is_alive() and scheduler.evaluate_now())
print(thread.is_alive())
scheduler.shutdown()
print(thread.is_alive())
"""
    assert run(ALARMS + program).split() == ["True", "False"]


def test_no_alarm_is_evaluated_while_nothing_may_begin(run: Run) -> None:
    """Or a state that is saved would have half of what it does; it is when that is over."""
    program = """
from localstack_parity import activity
from localstack_parity.cloudwatch.alarm_scheduler import AlarmScheduler

evaluated = threading.Semaphore(0)

def read(*_):
    evaluated.release()
    raise ValueError

put("one")
scheduler = AlarmScheduler(lambda *_: read, lambda *_: None)
scheduler._interval_s = 0.05
scheduler.start()
assert evaluated.acquire(timeout=60)
with activity.stillness():
    while activity.under_way():
        pass
    while evaluated.acquire(blocking=False):
        pass
    print(evaluated.acquire(timeout=0.5))
print(evaluated.acquire(timeout=60))
"""
    assert run(ALARMS + program).split() == ["False", "True"]


def test_a_subscription_finds_its_token_while_others_come(run: Run) -> None:
    program = """
from localstack.services.sns.models import sns_stores
from localstack_parity.sns import provider

store = sns_stores["000000000000"]["us-east-1"]
for number in range(5000):
    store.subscription_tokens[str(number)] = f"arn-{number}"

def come(number):
    store.subscription_tokens[f"new-{number}"] = "another"

def find(_):
    assert provider._token(store, "arn-4999") == "4999"

together(20, find, come)
"""
    run(TOGETHER + program)


def test_a_role_is_asked_about_while_it_is_granted_more(run: Run) -> None:
    """The request that does is decided by the policies of before or after, and is no error."""
    program = """
from localstack.services.iam.iam_patches import apply_iam_patches
from moto.iam.models import iam_backends
from localstack_parity.iam import attached

apply_iam_patches()
backend = iam_backends["000000000000"]["aws"]
role = backend.create_role("role", "{}", "/", None, "", [], 3600)
arns = [backend.create_policy("", "/", '{"Version": "2012-10-17", "Statement": {"Effect": '
                              '"Allow", "Action": "*", "Resource": "*"}}',
                              f"policy-{number}", []).arn for number in range(200)]

def grant(number):
    arn = arns[number % 200]
    if not role.managed_policies.pop(arn, None):
        role.managed_policies[arn] = backend.managed_policies[arn]

together(5000, grant, lambda _: list(attached.of_roles()))
"""
    run(TOGETHER + program)
