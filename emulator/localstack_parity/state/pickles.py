"""Objects of a running emulator as bytes and back: locks come back free, queues with their items.

Python's own pickling: LocalStack's, which keeps functions without a name as well, is written in
Python and takes many times as long. Reading bytes runs what is in them; files.py believes few.
"""

import io
import pickle
import queue
import threading
from collections import defaultdict
from types import FunctionType
from typing import Any

from localstack.state import pickle as nameless

_LOCKS = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if make := _LOCKS.get(type(obj)):
            return make, ()
        if isinstance(obj, queue.Queue):
            with obj.mutex:
                return _queue, (type(obj), obj.maxsize, list(obj.queue))
        if isinstance(obj, threading.Event):
            return _event, (obj.is_set(),)
        if isinstance(obj, FunctionType) and "<" in obj.__qualname__ and not obj.__closure__:
            return nameless.loads, (nameless.dumps(obj),)  # what moto's dicts make of a new key
        if isinstance(obj, defaultdict) and type(obj) is not defaultdict:
            items = iter(list(obj.items()))
            return _dict, (type(obj), obj.default_factory), obj.__dict__, None, items
        return NotImplemented


def dumps(thing: Any) -> bytes:
    """Return the bytes of an object. Raises whatever pickling raises of what cannot be kept."""
    out = io.BytesIO()
    _Pickler(out, protocol=5).dump(thing)
    return out.getvalue()


def loads(data: bytes) -> Any:
    """Return the object. Raises whatever unpickling raises."""
    return pickle.loads(data)


def _dict(kind: type[defaultdict[Any, Any]], factory: Any) -> defaultdict[Any, Any]:
    """An empty one of a class whose constructor wants something else: moto's parameters."""
    made = kind.__new__(kind)
    defaultdict.__init__(made, factory)
    return made


def _queue(kind: type[queue.Queue[Any]], maxsize: int, items: list[Any]) -> queue.Queue[Any]:
    made = kind(maxsize)
    made.queue.extend(items)
    return made


def _event(is_set: bool) -> threading.Event:
    made = threading.Event()
    if is_set:
        made.set()
    return made
