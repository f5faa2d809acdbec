"""What the plan of a day of uploads guarantees."""

from collections import Counter

import pytest

from harness.images.corpus import KINDS, METADATA_LIMIT, MIX, metadata_bytes, plan


def test_equal_arguments_give_an_equal_plan() -> None:
    """A run can be repeated picture by picture from its count and seed."""
    assert plan(300, seed=1) == plan(300, seed=1)
    assert plan(300, seed=1) != plan(300, seed=2)


@pytest.mark.parametrize("count", [1, 7, 20, 999, 2000])
def test_a_plan_has_as_many_pictures_as_asked_for(count: int) -> None:
    """Rounding the shares neither loses nor adds a picture."""
    assert [picture.index for picture in plan(count, seed=3)] == list(range(count))


def test_every_upload_differs_in_key_and_in_what_is_painted_on_it() -> None:
    """No two uploads of a day can be confused."""
    day = plan(2000, seed=3)
    assert len({picture.path for picture in day}) == 2000
    assert len({picture.code for picture in day}) == 2000


def test_the_default_day_holds_every_kind_and_every_orientation() -> None:
    """Two thousand pictures show each variant of the formats at least once."""
    day = plan(2000, seed=3)
    kinds = Counter(picture.kind.name for picture in day)
    assert kinds == {kind.name: 2 * kind.share for kind in MIX}
    assert {picture.orientation for picture in day} == set(range(1, 9))


def test_shares_of_the_mix_add_up() -> None:
    """The shares are thousandths of the whole."""
    assert sum(kind.share for kind in MIX) == 1000
    assert len(KINDS) == len(MIX)


def test_some_metadata_reaches_the_limit_of_s3_and_none_passes_it() -> None:
    """The 2 KB that S3 allows are used to the byte."""
    sizes = [metadata_bytes(picture.metadata) for picture in plan(2000, seed=3)]
    assert max(sizes) == METADATA_LIMIT
    assert min(sizes) == 0


def test_keys_hold_what_breaks_careless_code() -> None:
    """Spaces, plus signs, percent signs, other scripts, and extensions that lie."""
    day = plan(2000, seed=3)
    paths = "".join(picture.path for picture in day)
    assert all(sign in paths for sign in (" ", "+", "%", "é", "東", "🌄", "д"))
    assert any(p.kind.form == "PNG" and not p.path.endswith(".png") for p in day)
    assert any(p.kind.form == "JPEG" and p.path.endswith(".png") for p in day)
    assert all(p.path.endswith((".jpg", ".jpeg", ".png")) for p in day)
    assert max(len(f"uploads/x/{p.path}".encode()) for p in day) < 200
