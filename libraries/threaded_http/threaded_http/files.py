"""A stretch of a file as the body of an answer: the kernel sends it, and no byte is copied here.

What is open is the file that was there when it was opened, whatever becomes of its name: one that
is replaced or removed meanwhile is sent to its end, as it was.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

_AT_ONCE = 512 * 1024
_MORE_FOLLOWS = getattr(socket, "MSG_MORE", 0)  # which Linux alone has


@dataclass(frozen=True, slots=True)
class FileBody:
    """`size` bytes of a file that is open for reading, unbuffered, from `begin` on."""

    file: IO[bytes]
    begin: int
    size: int

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes, for a connection that has to encrypt them; fewer if the file has."""
        self.file.seek(self.begin)
        left = self.size
        while left and (data := self.file.read(min(left, _AT_ONCE))):
            left -= len(data)
            yield data

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def send(self, connection: socket.socket, head: bytes) -> bool:
        """Send `head` and the bytes over a plain connection; return whether they were all there.

        Waits for a slow client as long as the connection's timeout allows, for each part that it
        takes. Raises OSError.
        """
        connection.sendall(head, _MORE_FOLLOWS)  # in one segment with what follows
        return connection.sendfile(self.file, self.begin, self.size) == self.size
