"""The metrics of a widget: its rows, with what they leave out filled in.

"." is the field above; "..." is the rest of the row above, of which fields after it replace the
last: undocumented, and used by AWS's own console.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cloudwatch_widgets.times import NotDrawn

PERIOD_S = 300  # where neither the row nor the widget has one
MOST_ROWS = 500
# Okabe and Ito without yellow, which cannot be read on white; then again, with another dash.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f")
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Row:
    """A metric or an expression, and how it is shown. `number` is its place among all rows."""

    id: str
    number: int
    stat: str
    period: int
    namespace: str = ""
    name: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    expression: str = ""
    label: str = ""
    colour: str = ""
    right: bool = False
    visible: bool = True
    region: str = ""

    @property
    def shown_as(self) -> str:
        """Its colour."""
        return self.colour or COLOURS[self.number % len(COLOURS)]


def rows_of(properties: Mapping[str, Any]) -> list[Row]:
    """The rows of a metric widget. Raises NotDrawn for what cannot be understood."""
    given = properties.get("metrics", [])
    if not isinstance(given, list) or len(given) > MOST_ROWS:
        raise NotDrawn(f"metrics is a list of at most {MOST_ROWS} rows.")
    found: list[Row] = []
    above: list[str] = []
    for number, row in enumerate(given):
        if not isinstance(row, list) or not row:
            raise NotDrawn(f"Row {number + 1} of metrics is no list with something in it.")
        options = row[-1] if isinstance(row[-1], dict) else {}
        fields = _filled(row[: -1 if options or row[-1] == {} else None], above, number)
        found.append(_row(number, fields, options, properties))
        above = fields or above
    return _with_ids(found)


def _filled(row: list[Any], above: list[str], number: int) -> list[str]:
    if not all(isinstance(field, str) for field in row):
        raise NotDrawn(f"Row {number + 1} of metrics has a field that is no text.")
    filled: list[str] = []
    for at, field in enumerate(row):
        if field == "...":
            after = len(row) - at - 1
            filled += above[len(filled) : len(above) - after]
        elif field == ".":
            if len(filled) >= len(above):
                raise NotDrawn(f"Row {number + 1} of metrics repeats a field that is not there.")
            filled.append(above[len(filled)])
        else:
            filled.append(field)
    return filled


def _row(
    number: int, fields: list[str], options: Mapping[str, Any], properties: Mapping[str, Any]
) -> Row:
    expression = str(options.get("expression", ""))
    if not expression and (len(fields) < 2 or len(fields) % 2):
        raise NotDrawn(f"Row {number + 1} of metrics has not a name and pairs of dimensions.")
    period = options.get("period", properties.get("period", PERIOD_S))
    if isinstance(period, bool) or not isinstance(period, int) or period < 1:
        raise NotDrawn(f"The period {period!r} is no number of seconds.")
    colour = str(options.get("color", ""))
    return Row(
        id=str(options.get("id", "")),
        number=number,
        stat=str(options.get("stat", properties.get("stat", "Average"))),
        period=period,
        namespace=fields[0] if fields else "",
        name=fields[1] if len(fields) > 1 else "",
        dimensions=tuple(zip(fields[2::2], fields[3::2], strict=True)),
        expression=expression,
        label=str(options.get("label", "")),
        colour=colour if _COLOUR.fullmatch(colour) else "",
        right=options.get("yAxis") == "right",
        visible=options.get("visible", True) is not False,
        region=str(options.get("region", "")),
    )


def _with_ids(rows: list[Row]) -> list[Row]:
    taken = {row.id for row in rows if row.id}
    for row in rows:
        if row.id and not _ID.fullmatch(row.id):
            raise NotDrawn(f"{row.id!r} is no id: it begins with a lower-case letter.")
    return [row if row.id else replace(row, id=_free(row.number, taken)) for row in rows]


def _free(number: int, taken: set[str]) -> str:
    return next(name for name in (f"m{number}", f"shown{number}") if name not in taken)
