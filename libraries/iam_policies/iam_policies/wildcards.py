"""Wildcards: regular expressions for them that never try a place twice.

Patterns come from users and texts from anybody. With one `.*` for each star, `re` tries every way
to share the text out among the stars: a handful of them against a few hundred letters takes hours.
"""


def in_order(parts: list[str], run: str, *, to_end: bool = True) -> str:
    """Join expressions that stand between wildcards; `run` is what a wildcard stands for.

    Each part may be kept where it is first found, which an atomic group does: a later place leaves
    less text for the rest. Only the last part has to be looked for as far as the end.
    """
    first, *found = parts
    end = run + found.pop() if found and to_end else ""
    return first + "".join(f"(?>{run}?{part})" for part in found) + end
