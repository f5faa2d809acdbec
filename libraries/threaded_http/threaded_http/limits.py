"""How much a client may send and how long it may take: what a connection costs at most."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    connections: int = 1000  # at a time; each is a thread
    head: int = 64 * 1024  # request line and headers; the trailer of a chunked body too
    headers: int = 500
    body: int = 6 * 1024**3  # an object of 5 GB, the most that S3 takes at once, and its encoding
    body_in_memory: int = 1024 * 1024  # a larger one is kept in a file
    idle_s: float = 60.0  # without a byte, in either direction
    head_s: float = 20.0  # from the first byte of a request to the end of its headers
    body_rate: int = 1024  # per second on average, once a body has taken idle_s
    linger_s: float = 2.0  # in which a client whose request was refused may read why
