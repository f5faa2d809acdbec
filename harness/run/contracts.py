"""Contracts: what the function guarantees, each guarantee tried on its own: one Check each."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from botocore.exceptions import BotoCoreError, ClientError

from harness.evidence.check import Check
from harness.evidence.observations import Observations, Run
from harness.problems import Problem
from harness.run.observe import Observer
from harness.run.probe import Broken, NotSeen, Probe
from harness.run.scenario import Context

# A cold start and a delivery of S3's take seconds; the second attempt of Lambda comes after 60 s.
_DEADLINE_S = 45.0
_TOGETHER = 6  # guarantees tried at a time


@dataclass(frozen=True)
class Guarantee[Subject]:
    """Something that must hold whatever comes, why (`source`), and how to try it.

    `keep` is given what the guarantee is about, such as a Probe. It returns what it saw, in words;
    it raises Broken if the guarantee was not kept, NotSeen if the target does not show it.
    """

    id: str
    title: str
    source: str
    keep: Callable[[Subject], str]


def guarantee[Subject](
    id_: str, source: str
) -> Callable[[Callable[[Subject], str]], Guarantee[Subject]]:
    """Make a function that tries something into a Guarantee; its docstring is the title."""
    return lambda keep: Guarantee(id_, str(keep.__doc__).rstrip("."), source, keep)


def try_all(
    context: Context,
    first: Sequence[Guarantee[Probe]],
    together: Sequence[Guarantee[Probe]],
    alone: Sequence[Guarantee[Probe]],
) -> tuple[Run, list[Check]]:
    """Try each of `first`, then those of `together` at the same time, then each of `alone`.

    If one of `first` is broken, the others would only wait in vain. What could not be tried is not
    checked. Ctrl-C ends it with what is known so far.
    """
    target, stack = context.target, context.stack
    seen = Observations(
        upload_bucket=stack.upload_bucket,
        processed_bucket=stack.processed_bucket,
        started=time.time(),
        late_after_s=context.options.late_after_s,
        shows=tuple(sorted(target.shows)),
        areas=stack.pipeline.judged,
    )
    observer = Observer(target, stack, seen.started)
    deadline_s = min(_DEADLINE_S, context.options.patience_s)
    probe = Probe(target, stack, seen, context.settings.pictures, deadline_s)
    kept: list[Check] = []
    try:
        with probe.listening(), ThreadPoolExecutor(_TOGETHER) as pool:
            try:
                for each in first:
                    kept.append(tried(each, probe))
                    if not kept[-1].passed:
                        break
                else:
                    kept += pool.map(lambda each: tried(each, probe), together)
                    kept += [tried(each, probe) for each in alone]
            finally:
                probe.stop()
    except KeyboardInterrupt:
        seen = replace(seen, interrupted=True, ended_early="it was interrupted")
    known = {check.id for check in kept}
    kept += [untried(each) for each in (*first, *together, *alone) if each.id not in known]
    ledger = probe.ledger()
    seen = replace(seen, elapsed_s=time.time() - seen.started)
    if target.running():
        seen = observer.observe(seen, ledger)
    else:
        seen = replace(seen, gone=True, ended_early=f"{target.name} stopped during the run")
    return Run(ledger, seen, observer.invocations), kept


def tried[Subject](each: Guarantee[Subject], subject: Subject) -> Check:
    """Whether the guarantee is kept by `subject`."""
    passed: bool | None
    try:
        passed, detail = True, each.keep(subject)
    except NotSeen as reason:
        passed, detail = None, str(reason)
    except Broken as broken:
        passed, detail = False, str(broken)
    except Problem as problem:
        passed, detail = False, problem.happened
    except (BotoCoreError, ClientError) as error:
        passed, detail = False, f"{type(error).__name__}: {error}"
    return Check(each.id, each.title, passed, detail, each.source)


def untried[Subject](each: Guarantee[Subject]) -> Check:
    """The check of a guarantee that nobody got to."""
    return Check(each.id, each.title, None, "it was not tried", each.source)
