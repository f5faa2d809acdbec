"""How soon the memory of an execution environment is looked at again."""

from localstack_parity.lambda_runtime.memory import next_look_s

MIB = 1024**2


def test_far_from_the_limit_looks_are_rarer() -> None:
    """GIVEN 1 GiB of room THEN it cannot be filled before the next look, a tenth of a second on."""
    assert next_look_s(resident=100 * MIB, limit=1124 * MIB) == 0.1


def test_looks_come_sooner_the_nearer_the_limit_is() -> None:
    """GIVEN less and less room THEN looks come sooner, down to every 25 ms."""
    waits = [next_look_s(taken * MIB, 1024 * MIB) for taken in range(0, 1200, 50)]
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] == next_look_s(0, 0) == 0.025


def test_no_room_can_be_filled_twice_before_it_is_looked_at() -> None:
    """GIVEN memory taken at 4 GiB a second THEN a look comes before the limit, or within 25 ms."""
    for limit in (128, 512, 1024, 10_240):
        for taken in range(0, limit, 64):
            wait_s = next_look_s(taken * MIB, limit * MIB)
            assert wait_s <= 0.025 or taken * MIB + wait_s * 4 * 1024**3 <= limit * MIB
