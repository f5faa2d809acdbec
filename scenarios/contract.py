"""What the function guarantees, tried with what careless functions stumble over.

Arrange: one stack, and uploads that nobody sends on a good day. Drive: upload them, and hand events
to the function twice, late or in the wrong order, as S3 may. Expect: every guarantee is kept.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from PIL import Image

from harness.evidence import checks
from harness.evidence.check import Check, Verdict, rule
from harness.evidence.ledger import Expected
from harness.evidence.observations import Run
from harness.evidence.output_checks import field_of
from harness.faults.function_settings import environment
from harness.images import edge_cases
from harness.images.color_profiles import profiled_photo
from harness.images.corpus import KINDS, METADATA_LIMIT, Kind
from harness.images.edge_cases import picture
from harness.images.reference import fitted_size
from harness.run.contracts import guarantee, try_all
from harness.run.memory_growth import ALLOWED_MB, INVOCATIONS, grown_mb, memory_used_mb
from harness.run.probe import EARLIER, LATER, NO_EVENT, Broken, Probe, no_picture
from harness.run.scenario import Context

TITLE = "what the function guarantees, tried on edge cases"
GATE = 2  # after the good day: what is rejected here raises an alarm for five minutes
OPTIONS = ()  # what it sends is its own

_SPEC = "TapStack: what the function guarantees (docs/pipeline.md)"
_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"

HELD = Kind("held", 0, 1280, 800, camera=True)  # carries a place, a device, an orientation
SMALL = Kind("small", 0, 320, 240)

FAULTS_CAUSED = 1  # invocations that are made to fail below


def run(context: Context) -> tuple[Run, list[Check]]:
    """Try every guarantee, and judge what was seen meanwhile."""
    together = [
        memory,  # takes longest
        events,
        sound_rejections,
        vanished,
        keys,
        orientation,
        metadata,
        content,
        colours,
        profiles,
        duplicates,
        versions,
        order,
        several,
        no_images,
        transient_faults,
    ]
    alone = [steady_memory, nothing_more]
    finished, kept = try_all(context, [works, uploaded], together, alone)
    rules = [only_caused_errors, checks.log_retention, checks.structured_logs]
    return finished, [*kept, *(each(finished) for each in rules)]


# --- What it takes in ---------------------------------------------------------------------------


@guarantee("works", _SPEC)
def works(probe: Probe) -> str:
    """A photo that the function is handed becomes an output."""
    photo = picture(f"first{NO_EVENT}")
    sent = probe.put_picture(photo)
    probe.must_handle(probe.event(sent, EARLIER))
    probe.expect(sent, photo)
    return "it did"


@guarantee("uploaded", f"{_LAMBDA}with-s3.html")
def uploaded(probe: Probe) -> str:
    """A photo that is uploaded becomes an output."""
    probe.prove([picture("second.jpg")])
    return "it did"


@guarantee("events", f"{_S3}notification-how-to-filtering.html")
def events(probe: Probe) -> str:
    """S3 notifies the function of the keys that its filters name, in any case, and of no others."""
    uploads = probe.stack.keys.uploads
    filters = [each for each in probe.filters() if each.prefix.startswith(uploads)]
    if not filters:
        raise Broken(f"S3 notifies the function of nothing under {uploads}")
    names = [f"events/{number}{each.suffix}" for number, each in enumerate(filters)]
    pictures = [picture(f"events/parts{filters[0].suffix}", 1), *(picture(n, 1) for n in names)]
    sent = [probe.put_picture(each, in_parts="parts" in each.path) for each in pictures]
    others = ("big.JPG", "film.gif", "photo.jpg.txt", "jpg", f"/other/{probe.folder}/photo.jpg")
    for path in others:
        key = path[1:] if path.startswith("/") else f"{uploads}{probe.folder}/{path}"
        if not any(each.matches(key) for each in filters):
            probe.put(path, b"not for the function", no_picture(""))
    for entry, each in zip(sent, pictures, strict=True):
        probe.expect(entry, each)
    return f"{len(pictures)} of {len(pictures)} images came out"


@guarantee("keys", f"{_S3}notification-content-structure.html")
def keys(probe: Probe) -> str:
    """Keys may hold spaces, plus, percent and any script, up to S3's limit."""
    # processed/ is two bytes longer than uploads/, and the limit is 1,024 bytes of UTF-8.
    longest = 1024 - len(f"{probe.stack.keys.outputs}{probe.folder}/long/.jpg".encode())
    names = [
        "two words (2).jpg",
        "c++ a+b.jpg",
        "100% wool 50%25 a%20b.jpg",
        "Åre & Östersund/été=à;la,mer?.jpg",
        "дача/写真 🌄.png",
        "quote\"d 'n' #hash~tilde!*.jpeg",
        f"long/{'x' * longest}.jpg",
    ]
    pictures = [picture(name, 2) for name in names]
    sent = [probe.put_picture(each) for each in pictures]
    too_long = probe.put(f"long/{'y' * (longest + 1)}.jpg", b"never read", no_picture("rejected"))
    for entry, each in zip(sent, pictures, strict=True):
        probe.expect(entry, each)
    probe.await_notice(too_long)
    return f"{len(names)} keys; one that is too long for its output was rejected"


@guarantee("orientation", _SPEC)
def orientation(probe: Probe) -> str:
    """Photos come out upright, without place or device."""
    held = [picture(f"held/{n}.jpg", n, HELD, orientation=n) for n in range(1, 9)]
    probe.prove(held)
    return "all 8 orientations of EXIF"


@guarantee("metadata", f"{_S3}UsingMetadata.html")
def metadata(probe: Probe) -> str:
    """The uploader's metadata is kept, to the last byte."""
    full = {"title": "holiday", "note": "x" * (METADATA_LIMIT - len("titleholidaynote"))}
    given = [{}, {"title": "Sommer%20%C3%BC", "owner": "user-7"}, full]
    pictures = [picture(f"meta/{n}.jpg", n, metadata=each) for n, each in enumerate(given)]
    probe.prove(pictures)
    return f"none, two entries, and {METADATA_LIMIT} bytes"


@guarantee("content", _SPEC)
def content(probe: Probe) -> str:
    """The content decides what a file is, not its extension."""
    pictures = [picture("content/a.png", 3), picture("content/b.jpg", 4, edge_cases.SMALL_PNG)]
    probe.prove(pictures)
    return "a JPEG named .png, a PNG named .jpg"


@guarantee("colours", _SPEC)
def colours(probe: Probe) -> str:
    """Every kind of pixel comes out right: print, grey, palette, 16 bits, alpha."""
    names = ("print", "grey", "icon", "scan", "render", "logo", "progressive")
    pictures = [picture(f"colours/{n}.{KINDS[n].form.lower()}", 5, KINDS[n]) for n in names]
    probe.prove(pictures)
    return ", ".join(names)


@guarantee("profiles", _SPEC)
def profiles(probe: Probe) -> str:
    """A colour profile is applied, not dropped."""
    data, wanted = profiled_photo()
    expected = Expected("JPEG", wanted.size, wanted.size, {})
    probe.expect_image(probe.put("profiles/photo.jpg", data, expected), wanted)
    return "blue by its numbers, red by its profile"


@guarantee("memory", _SPEC)
def memory(probe: Probe) -> str:
    """A photo of 120 megapixels and a PNG of 50 fit into the function's memory."""
    for name, form, size, (data, line) in (
        ("vast.jpg", "JPEG", edge_cases.VAST, edge_cases.vast_photo()),
        ("wall.png", "PNG", edge_cases.WALL, edge_cases.wall()),
    ):
        width, height = fitted_size(*size)
        sent = probe.put(name, data, Expected(form, size, (width, height), {}))
        wanted = line.resize((width, 1), Image.Resampling.LANCZOS).resize((width, height))
        probe.expect_image(sent, wanted)
    return f"{'x'.join(map(str, edge_cases.VAST))} and {'x'.join(map(str, edge_cases.WALL))} pixels"


@guarantee("rejections", _SPEC)
def sound_rejections(probe: Probe) -> str:
    """What is no sound image is rejected at once, with a reason."""
    files = edge_cases.unusable()
    sent = [probe.put(f"bad/{name}", data, no_picture("rejected")) for name, data in files.items()]
    for entry in sent:
        events = probe.await_notice(entry)
        lacking = [
            name
            for name in (
                "stage",
                "error.type",
                "error.message",
                "action",
                "requestId",
                "occurredAt",
            )
            if not field_of(events, name)
        ]
        if lacking:
            raise Broken(f"the notification about {entry.key} lacks {', '.join(lacking)}")
        if probe.versions(entry):
            raise Broken(f"{entry.key} was rejected and yet has an output")
    return f"{len(files)} kinds of them"


@guarantee("vanished", _SPEC)
def vanished(probe: Probe) -> str:
    """An upload that is gone when its event comes is rejected at once, not tried again."""
    sent = probe.put(f"gone/photo{NO_EVENT}", b"never read", no_picture("rejected"))
    probe.target.client("s3").delete_object(
        Bucket=probe.stack.upload_bucket, Key=sent.key, VersionId=sent.version
    )
    probe.must_handle(probe.event(sent, EARLIER))
    return f"as {field_of(probe.await_notice(sent), 'error.type')}"


# --- What S3 may do with events -------------------------------------------------------------------


@guarantee("duplicates", f"{_S3}EventNotifications.html")
def duplicates(probe: Probe) -> str:
    """An event that comes several times, even at once, is announced once."""
    photo = picture(f"twice/photo{NO_EVENT}", 6)
    sent = [
        probe.put_picture(photo),
        probe.put(f"twice/bad{NO_EVENT}", b"bad", no_picture("rejected")),
    ]
    events = [probe.event(entry, EARLIER) for entry in sent for _ in range(4)]
    with ThreadPoolExecutor(len(events)) as pool:
        list(pool.map(probe.must_handle, events))
    for event in events[::4]:
        probe.must_handle(event)
    probe.expect(sent[0], photo)
    probe.await_notice(sent[1])
    if len(found := probe.versions(sent[0])) != 1:
        raise Broken(f"the output was written {len(found)} times")
    return "5 deliveries each of an image and of a rejected one"


@guarantee("versions", f"{_S3}notification-content-structure.html")
def versions(probe: Probe) -> str:
    """An event is about the version it names, whatever came after."""
    photos = [picture(f"versions/photo{NO_EVENT}", number) for number in (7, 8)]
    sent = [probe.put_picture(each) for each in photos]
    for entry, each, sequencer in zip(sent, photos, (EARLIER, LATER), strict=True):
        probe.must_handle(probe.event(entry, sequencer))
        probe.expect(entry, each)
    probe.must_handle(probe.event(sent[0], EARLIER))  # once more, when it has been replaced
    probe.expect(sent[1], photos[1])
    return "the first version after the second was there, then the second"


@guarantee("order", f"{_S3}notification-content-structure.html")
def order(probe: Probe) -> str:
    """An older version whose event comes later replaces nothing."""
    photos = [picture(f"order/photo{NO_EVENT}", number) for number in (9, 10)]
    older, newer = probe.put_picture(photos[0], "superseded"), probe.put_picture(photos[1])
    probe.must_handle(probe.event(newer, LATER))
    probe.must_handle(probe.event(older, EARLIER))
    probe.await_notice(older)
    probe.expect(newer, photos[1])
    if len(found := probe.versions(newer)) != 1:
        raise Broken(f"the output was written {len(found)} times")
    return "the newer one stayed"


@guarantee("several", f"{_S3}notification-content-structure.html")
def several(probe: Probe) -> str:
    """An event may be about several uploads, and a bad one does not keep the others back."""
    photos = [picture(f"several/{number}{NO_EVENT}", number) for number in (12, 13)]
    sent = [probe.put_picture(each) for each in photos]
    bad = probe.put(f"several/bad{NO_EVENT}", b"bad", no_picture("rejected"))
    events = [probe.event(entry, EARLIER)["Records"][0] for entry in (sent[0], bad, sent[1])]
    probe.must_handle({"Records": events})
    for entry, each in zip(sent, photos, strict=True):
        probe.expect(entry, each)
    probe.await_notice(bad)
    return "three of them"


@guarantee("no-images", f"{_S3}notification-content-structure.html")
def no_images(probe: Probe) -> str:
    """Events that are of no upload are let pass."""
    photo = picture(f"none/photo{NO_EVENT}", 11)
    sent = probe.put_picture(photo, "")
    bucket = probe.stack.upload_bucket
    time_ = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    test = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": time_, "Bucket": bucket}
    probe.must_handle(test)
    probe.must_handle(probe.event(sent, EARLIER, name="ObjectRemoved:Delete"))
    # What the function wrote must never be its input: it would go round for ever.
    probe.must_handle(probe.event(sent, EARLIER, bucket=probe.stack.processed_bucket))
    if probe.versions(sent):
        raise Broken("an event that is of no upload made an output")
    return "S3's test event, a deletion, an output"


@guarantee("transient-faults", f"{_LAMBDA}invocation-async-error-handling.html")
def transient_faults(probe: Probe) -> str:
    """A fault that may pass is raised, so that Lambda tries again."""
    sent = probe.put(f"fault/photo{NO_EVENT}", b"never read", no_picture(""))
    with probe.forbidden_bucket() as bucket:
        if not probe.deliver(probe.event(sent, EARLIER, bucket=bucket)):
            raise Broken("the function said that all is well with an upload it could not read")
    return "it was"


@guarantee("steady-memory", f"{_LAMBDA}configuration-memory.html")
def steady_memory(probe: Probe) -> str:
    """The function's memory does not grow with the number of its invocations."""
    photo = picture(f"memory/photo{NO_EVENT}", 14, SMALL)
    sent = probe.put_picture(photo)
    event = probe.event(sent, EARLIER)
    # An environment that has seen a vast photo would hide what a small one leaves behind.
    with environment(probe.target, probe.stack.function, TAPSTACK_FRESH=probe.folder):
        used = [memory_used_mb(probe, event) for _ in range(INVOCATIONS)]
    probe.expect(sent, photo)
    grown, first = grown_mb(used), used[0]
    detail = f"{grown:+d} MB in {len(used)} invocations, from {first} MB to {used[-1]} MB"
    if grown > ALLOWED_MB:
        raise Broken(f"{detail}; {ALLOWED_MB} MB are allowed")
    return detail


@guarantee("nothing-more", _SPEC)
def nothing_more(probe: Probe) -> str:
    """Nothing is notified twice, and nothing of what is none of its business."""
    time.sleep(2)  # in which a second notification of the last image would still come
    if surplus := list(probe.surplus()):
        raise Broken("; ".join(surplus[:5]))
    return f"{len(probe.ledger().entries)} uploads notified once"


@rule(
    "errors",
    "No invocation failed but those that had to",
    f"{_LAMBDA}monitoring-metrics-types.html",
)
def only_caused_errors(run: Run) -> Verdict:
    """Of the metric Errors."""
    seen = run.seen.metrics
    if seen is None:
        return None, run.seen.missing.get("metrics", "it was not looked at")
    return seen.errors == FAULTS_CAUSED, f"{seen.errors:g} errors, {FAULTS_CAUSED} of them caused"
