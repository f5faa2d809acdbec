"""The measurement of many uploads, with few of them."""

from tests.scale_uploads import measure


def test_uploads_are_measured_in_equal_stretches() -> None:
    """GIVEN forty thumbnails THEN each pair has its processor time, and the memory after it."""
    found = list(measure(40))
    assert [each.uploads for each in found] == list(range(2, 41, 2))
    assert all(each.memory_mb > 50 and each.cpu_ms >= 0 for each in found)
    assert [each.seconds for each in found] == sorted(each.seconds for each in found)
