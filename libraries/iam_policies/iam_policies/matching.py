"""Patterns of policies: wildcards, the segments of ARNs, and policy variables.

Source: IAM User Guide, "IAM JSON policy elements: Resource", "… Action", "Variables and tags".
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache

from iam_policies.wildcards import in_order

# What a request says about itself, by lower-case condition key; several values in a tuple.
type Context = Mapping[str, str | tuple[str, ...]]

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_ARN_SEGMENTS = 6


class Kind(Enum):
    """How wildcards work: in actions, in ARNs, in strings, or not at all."""

    ACTION = "action"
    ARN = "arn"
    LIKE = "like"
    EXACT = "exact"
    EXACT_IN_ANY_CASE = "exact in any case"


_WILDCARD_KINDS = (Kind.ACTION, Kind.ARN, Kind.LIKE)
_CASELESS_KINDS = (Kind.ACTION, Kind.EXACT_IN_ANY_CASE)


class Pattern:
    """One pattern of a policy; `text` is how the policy writes it.

    Where policy variables are replaced (`variables`: in documents of version 2012-10-17), their
    values count as they are: a wildcard that a value contains matches only itself.
    """

    __slots__ = ("_kind", "_static", "_tokens", "text")

    def __init__(self, text: str, kind: Kind, *, variables: bool = False) -> None:
        self.text = text
        self._kind = kind
        self._tokens = _tokens(text, variables=variables, wildcards=kind in _WILDCARD_KINDS)
        dynamic = any(isinstance(token, _Variable) for token in self._tokens)
        self._static = None if dynamic else _compile(self._tokens, kind)

    def matches(self, value: str, context: Context) -> bool:
        """Say whether a value matches, with variables taken from `context`.

        A pattern with a variable that has neither a value nor a default matches nothing.
        """
        regex = self._static
        if regex is None:
            tokens = _resolve(self._tokens, context)
            if tokens is None:
                return False
            regex = _compile(tokens, self._kind)
        return regex.fullmatch(value) is not None


class _Wildcard(Enum):
    MANY = "*"
    ONE = "?"


class _Variable(tuple[str, str | None]):
    """A policy variable: its lower-case key and its default."""

    __slots__ = ()


type _Token = str | _Wildcard | _Variable


def _tokens(text: str, *, variables: bool, wildcards: bool) -> tuple[_Token, ...]:
    tokens: list[_Token] = []
    position = 0
    for variable in _VARIABLE.finditer(text) if variables else ():
        tokens += _plain(text[position : variable.start()], wildcards=wildcards)
        tokens.append(_variable(variable))
        position = variable.end()
    return tuple(tokens + _plain(text[position:], wildcards=wildcards))


def _plain(text: str, *, wildcards: bool) -> list[_Token]:
    if not wildcards:
        return [text]
    parts = re.split(r"([*?])", text)
    return [_Wildcard(part) if part in ("*", "?") else part for part in parts if part]


def _variable(found: re.Match[str]) -> _Token:
    if found[1] in ("*", "?", "$"):  # "${*}" is how a policy writes a plain asterisk
        return found[1]
    key, comma, default = (part.strip() for part in found[1].partition(","))
    quoted = len(default) > 1 and default[0] == default[-1] == "'" and default.count("'") == 2
    if not key or "'" in key or (comma and not quoted):
        return found[0]
    return _Variable((key.lower(), default[1:-1] if comma else None))


def _resolve(tokens: tuple[_Token, ...], context: Context) -> tuple[_Token, ...] | None:
    resolved: list[_Token] = []
    for token in tokens:
        if isinstance(token, _Variable):
            key, default = token
            value = context.get(key, default)
            if not isinstance(value, str):  # missing, or with several values
                return None
            resolved.append(value)
        else:
            resolved.append(token)
    return tuple(resolved)


# Regular expressions of wildcards: a run of any characters, and one within a segment of an ARN.
_ANY, _IN_SEGMENT = ".*", "[^:]*"


@lru_cache(maxsize=4096)
def _compile(tokens: tuple[_Token, ...], kind: Kind) -> re.Pattern[str]:
    """Compile to an expression that never tries a place for a wildcard twice.

    An attacker may choose the text and the author of a policy the pattern, so the work has to be
    at most their product.
    """
    flags = re.DOTALL | (re.IGNORECASE if kind in _CASELESS_KINDS else 0)
    groups = _split(_regexes(tokens, arn=kind is Kind.ARN), _ANY)
    texts = [
        in_order(["".join(one) for one in _split(group, _IN_SEGMENT)], _IN_SEGMENT, to_end=last)
        for last, group in zip([False] * (len(groups) - 1) + [True], groups, strict=True)
    ]
    return re.compile(in_order(texts, _ANY), flags)


def _split(regexes: list[str], run: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for regex in regexes:
        if regex == run:
            parts.append([])
        else:
            parts[-1].append(regex)
    return parts


def _regexes(tokens: tuple[_Token, ...], *, arn: bool) -> list[str]:
    """Translate the tokens one by one.

    Wildcards of ARNs stay within their segment, but "if the * wildcard is the last character of a
    resource ARN segment, it can expand to match beyond the colon boundaries". The resource, which
    is the last of the six segments, may itself contain colons. Segments that the pattern lacks are
    taken for "*".
    """
    if tokens == (_Wildcard.MANY,):
        return [_ANY]
    regexes: list[str] = []
    segment = 1 if arn else _ARN_SEGMENTS
    for position, token in enumerate(tokens):
        if isinstance(token, str):
            regexes.append(re.escape(token))
            segment += token.count(":")
            continue
        following = tokens[position + 1] if position + 1 < len(tokens) else ":"
        ends_segment = isinstance(following, str) and following.startswith(":")
        crosses = segment >= _ARN_SEGMENTS or (token is _Wildcard.MANY and ends_segment)
        run = _ANY if crosses else _IN_SEGMENT
        regexes.append(run if token is _Wildcard.MANY else run.removesuffix("*"))
    return regexes + [":", _ANY] * (_ARN_SEGMENTS - segment)
