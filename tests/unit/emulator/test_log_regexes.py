"""Regular expressions of CloudWatch Logs: the same answers as Python's, in linear time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack_parity.logs.regexes import InvalidRegex, compile_regex

# Source: CloudWatch Logs User Guide, "Supported regular expressions (regex) syntax".
_PIECES = [
    *("a", "b", "1", "."),
    *("[ab]", "[^a]", "[]a]", r"\d", r"\W", r"\.", r"\x61"),
    *("|", "^", "$"),
    *("a*", "b+", "[ab]?", ".*", "a*?", "a{2}", "b{1,3}", "[ab]{2,}"),
]


@given(
    st.lists(st.sampled_from(_PIECES), min_size=1, max_size=7).map("".join),
    st.text("aab1.\n", max_size=12),
)
def test_a_text_matches_as_in_python(expression: str, text: str) -> None:
    """CloudWatch Logs knows no subpatterns; what it knows means what it means everywhere."""
    assert compile_regex(expression)(text) is (re.search(expression, text) is not None)


@pytest.mark.parametrize(
    "expression",
    ["(a)", "a!", "*a", "a|+", "a**", "[a", "a{3,2}", "[b-a]", r"\q", "\\", "é"],
)
def test_what_is_not_supported_is_refused(expression: str) -> None:
    """ "The ( and ) operators are not supported. … Multi-byte characters are not supported." """
    with pytest.raises(InvalidRegex):
        compile_regex(expression)


def test_repetitions_without_bounds_need_no_more_memory_than_the_text() -> None:
    """The number of repetitions comes from the pattern, and may be anything."""
    huge = "9" * 30
    assert not compile_regex(f"a{{{huge}}}")("a" * 1000)
    assert compile_regex(f"^a{{0,{huge}}}b")("a" * 1000 + "b")
