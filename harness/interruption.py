"""Interruption: Ctrl-C, and the signals by which others end a command, end it in the same way.

`timeout`, CI runners and containers send SIGTERM, a terminal that closes SIGHUP. They would end
Python at once, and a run would leave behind what it made. Here each becomes the KeyboardInterrupt
that Ctrl-C is: what is under way is finished, and what was made is removed.
"""

import os
import signal
import threading
from types import FrameType

CTRL_C = 128 + signal.SIGINT  # the exit code, as shells say it
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

_received: list[int] = []


def listen() -> None:
    """From now on these signals are a Ctrl-C; one that is ignored stays so, as with nohup."""
    if threading.current_thread() is not threading.main_thread():
        return  # only there can it be said, and only there does KeyboardInterrupt arrive
    _received.clear()
    terminals = [number for number in (1, 2) if os.isatty(number)]

    def interrupt(number: int, _: FrameType | None) -> None:
        if number == signal.SIGHUP:  # what was still written there would be an error
            for terminal in terminals:
                os.dup2(os.open(os.devnull, os.O_WRONLY), terminal)
        # Sent twice, as by a shell and by make, it is still the same wish: only Ctrl-C insists.
        if not _received:
            _received.append(number)
            raise KeyboardInterrupt

    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)


def exit_code() -> int:
    """That of a command which was interrupted: 128 and the signal's number."""
    return 128 + _received[0] if _received else CTRL_C
