"""What AWS says of a text that is no JSON: its services read it with Jackson, in Java.

The forms are those that LocalStack's tests recorded on AWS (v4.14.0, `sns/test_sns.py`):
`TestSNSSubscriptionCrud::test_validate_set_sub_attributes` and
`TestSNSSubscriptionCrudV2::test_subscribe_invalid_filter_policy`.
"""

import re

_REDACTED = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
_LITERALS = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_WORD = re.compile(r"\s*([A-Za-z_$][\w$]*)")
_NO_NAME = re.compile(r"\s*\{\s*([^\s\"}])")


def problem(text: str) -> str:
    """Return the sentence about a text that is no JSON, empty if it is of none of these forms."""
    if found := _NO_NAME.match(text):
        wrong = found[1]
        what = (
            f"Unexpected character ('{wrong}' (code {ord(wrong)})): was expecting double-quote to"
            " start field name"
        )
        return f"{what}{_place(text, found.start(1))}"
    if found := _WORD.match(text):
        place = _place(text, found.end(1))
        return f"Unrecognized token '{found[1]}': was expecting {_LITERALS}{place}"
    return ""


def _place(text: str, index: int) -> str:
    line, column = text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
    return f"\n at [Source: {_REDACTED}; line: {line}, column: {column}]"
