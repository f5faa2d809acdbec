"""What LocalStack and its libraries do again and again while it starts: done once, or when needed.

None of it changes an answer. A start and a first deployment of the project's stack took 4.3 s of
CPU, of which 0.8 s went into collecting garbage, 0.6 s into data of botocore and 0.4 s into routes.
"""

import copy
import gc
import json
from collections.abc import Callable
from math import ceil
from typing import Any, BinaryIO

from botocore.loaders import JSONFileLoader, Loader
from botocore.waiter import SingleWaiterConfig
from rolo.routing import router
from werkzeug.routing import Map, Rule

# New objects before the youngest are looked through, and how much rarer the older ones are.
_GARBAGE = (20_000, 10, 10)
_LOOK_EVERY_S = 0.1


def install() -> None:
    """Save that work, in this process. To be called before LocalStack is imported."""
    _share_botocore_data()
    _build_urls_late()
    _copy_routes_compiled()
    _look_often()


def settle() -> None:
    """Keep what is there for good, and begin to collect garbage: the start is over.

    Otherwise each full collection looks through 400,000 objects that never go away.
    """
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    gc.enable()


def _share_botocore_data() -> None:
    """Have all sessions of botocore read a file of its data once, as clients of one session do.

    LocalStack and moto make sessions for single questions, such as which Regions there are, for
    which each looks through all folders of the data and reads 350 kB of endpoints. LocalStack's own
    descriptions of services, which it changes, are apart: they have a loader of their own class.
    """
    caches: dict[tuple[str, ...], dict[Any, Any]] = {}
    make = Loader.__init__

    def init(loader: Loader, *arguments: Any, **more: Any) -> None:
        make(loader, *arguments, **more)
        shares = type(loader) is Loader and not arguments and "file_loader" not in more
        vars(loader)["shares"] = shares

    def cache(loader: Loader) -> dict[Any, Any]:
        # LocalStack adds a folder with sqs-query to a loader that was made without it.
        if vars(loader).get("shares"):
            return caches.setdefault(tuple(loader.search_paths), {})
        own: dict[Any, Any] = vars(loader).setdefault("own_cache", {})
        return own

    def load(
        loader: JSONFileLoader, path: str, open_file: Callable[[str, str], BinaryIO]
    ) -> Any | None:
        try:
            with open_file(path, "rb") as file:
                return json.loads(file.read())  # botocore makes OrderedDicts: slow, and large
        except FileNotFoundError:
            return None

    Loader.__init__ = init
    Loader._cache = property(cache, lambda *_: None)
    JSONFileLoader._load_file = load


def _build_urls_late() -> None:
    """Make what builds a URL from a route when one is built, which is hardly ever.

    Werkzeug generates and compiles two functions for each route.
    """
    make = Rule._compile_builder

    def make_late(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        def build(this: Rule, **values: Any) -> tuple[str, str]:
            builder = make(this, append_unknown).__get__(this, None)
            setattr(this, "_build_unknown" if append_unknown else "_build", builder)
            built: tuple[str, str] = builder(**values)
            return built

        return build

    Rule._compile_builder = make_late


def _copy_routes_compiled() -> None:
    """Add a route to a router without compiling all the others again.

    For threads that look for a route meanwhile, a router makes a new map of its routes each time.
    """
    new_map = router._clone_map_without_rules

    def clone(old: Map) -> Map:
        new = new_map(old)
        for rule in old.iter_rules():
            twin = copy.copy(rule)
            twin.map = new
            if not twin.build_only:
                new._matcher.add(twin)
            new._rules_by_endpoint.setdefault(twin.endpoint, []).append(twin)
        return new

    router._clone_map_with_rules = clone


def _look_often() -> None:
    """Have waiters look every 0.1 s, for as long as before: all of them wait for this process.

    Botocore's look every 1 to 30 s, so that an update of a function's code, which takes 0.05 s,
    took 1 s in a stack.
    """
    make = SingleWaiterConfig.__init__

    def init(waiter: SingleWaiterConfig, config: Any) -> None:
        make(waiter, config)
        patience_s = waiter.delay * waiter.max_attempts
        waiter.delay = min(waiter.delay, _LOOK_EVERY_S)
        waiter.max_attempts = ceil(patience_s / waiter.delay)

    SingleWaiterConfig.__init__ = init
