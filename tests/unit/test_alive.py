"""What takes long says from time to time that it goes on, and nothing once it is over."""

import time

from harness.alive import still
from harness.polling import wait_until


def test_it_speaks_while_it_lasts() -> None:
    said: list[str] = []
    with still("building", said.append, every_s=0.01):
        wait_until(lambda: len(said), until=lambda count: count > 1, deadline_s=10, describe="it")
    after = len(said)
    assert said[0].startswith("  still building, ")
    time.sleep(0.05)
    assert len(said) == after
