"""The constraints of the services' models: what keeps them passes, what breaks one is named.

The words are those that AWS answered to LocalStack's tests, in the snapshots of the services under
https://github.com/localstack/localstack/tree/main/tests/aws/services.
"""

import re
import string
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest
import regex
from botocore.model import ServiceModel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localstack_parity import constraints

SERVICES = (
    *("cloudformation", "cloudwatch", "events", "iam", "kms", "lambda", "logs", "sns", "sts"),
)
CHARACTERS = string.ascii_letters + string.digits + "-_/:.+=@*${}[]() "
# What most patterns do not match; one of them breaks every pattern that can be broken.
STRANGE = ("", "\x00", " ", "!", "é", "x", "0", "a b", "\x7f", "\n", ":", "::::")


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(botocore.session.get_session().get_service_data(service), service)


def _inputs(service: str) -> Iterator[tuple[str, Any]]:
    model = _model(service)
    for operation in model.operation_names:
        if shape := model.operation_model(operation).input_shape:
            yield operation, shape


def _violations(service: str, operation: str, request: dict[str, Any]) -> list[str]:
    check = constraints.compile_input(_model(service).operation_model(operation).input_shape)
    return check(request) if check else []


@pytest.mark.parametrize(
    ("service", "operation", "request_", "said"),
    [
        (
            "lambda",
            "PutProvisionedConcurrencyConfig",
            {"ProvisionedConcurrentExecutions": 0},
            "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to"
            " satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "lambda",
            "CreateFunctionUrlConfig",
            {"InvokeMode": "UNKNOWN"},
            "1 validation error detected: Value 'UNKNOWN' at 'invokeMode' failed to satisfy"
            " constraint: Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]",
        ),
        (
            "lambda",
            "CreateFunction",
            {"Architectures": ["X86_64"]},
            "1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy"
            " constraint: Member must satisfy constraint: [Member must satisfy enum value set:"
            " [x86_64, arm64], Member must not be null]",
        ),
        (
            "lambda",
            "CreateFunction",
            {"Architectures": ["x86_64", "arm64"]},
            "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to"
            " satisfy constraint: Member must have length less than or equal to 1",
        ),
        (
            "lambda",
            "CreateAlias",
            {"RoutingConfig": {"AdditionalVersionWeights": {"$LATEST": 0.5}}},
            "1 validation error detected: Value '{$LATEST=0.5}' at"
            " 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must"
            " satisfy constraint: [Member must have length less than or equal to 1024, Member must"
            " have length greater than or equal to 1, Member must satisfy regular expression"
            " pattern: [0-9]+]",
        ),
        (
            "lambda",
            "CreateAlias",
            {"RoutingConfig": {"AdditionalVersionWeights": {"2": 2.0}}},
            "1 validation error detected: Value '{2=2.0}' at"
            " 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must"
            " satisfy constraint: [Member must have value less than or equal to 1.0, Member must"
            " have value greater than or equal to 0.0, Member must not be null]",
        ),
        (
            "kms",
            "CreateKey",
            {"Tags": [{"TagKey": "a" * 129, "TagValue": "v"}]},
            f"1 validation error detected: Value '{'a' * 129}' at 'tags.1.member.tagKey' failed to"
            " satisfy constraint: Member must have length less than or equal to 128",
        ),
        (
            "kms",
            "Encrypt",
            {"Plaintext": b"x" * 4097},
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member"
            " must have length less than or equal to 4096",
        ),
        (
            "logs",
            "DescribeMetricFilters",
            {"metricName": "X" * 256},
            f"1 validation error detected: Value '{'X' * 256}' at 'metricName' failed to satisfy"
            " constraint: Member must have length less than or equal to 255",
        ),
        (
            "cloudformation",
            "CreateStack",
            {"StackPolicyDuringUpdateBody": "x", "TemplateBody": "", "TimeoutInMinutes": 0},
            "2 validation errors detected: Value '' at 'templateBody' failed to satisfy constraint:"
            " Member must have length greater than or equal to 1; Value '0' at 'timeoutInMinutes'"
            " failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "events",
            "PutTargets",
            {"Targets": [{"Id": "!@#$@!#$", "Arn": "arn"}]},
            "1 validation error detected: Value '!@#$@!#$' at 'targets.1.member.id' failed to"
            " satisfy constraint: Member must satisfy regular expression pattern:"
            " [\\.\\-_A-Za-z0-9]+",
        ),
    ],
)
def test_the_words_are_those_of_aws(
    service: str, operation: str, request_: dict[str, Any], said: str
) -> None:
    """For one of several constraints, and for several."""
    assert constraints.message(_violations(service, operation, request_)) == said


def test_secrets_are_not_repeated() -> None:
    """An environment variable may be a password."""
    (said,) = _violations(
        "lambda", "CreateFunction", {"Environment": {"Variables": {"1": "a secret"}}}
    )
    assert said.startswith("Value at 'environment.variables' failed")


def test_regions_that_models_do_not_know_are_regions() -> None:
    """The pattern is that of AWS's own answer, which has the sovereign regions."""
    name = "arn:aws-eusc:lambda:eusc-de-east-1:000000000000:function:f"
    assert not _violations("lambda", "GetFunction", {"FunctionName": name})


def test_what_has_no_constraints_has_no_check() -> None:
    for service, operation in (("sts", "GetCallerIdentity"), ("sns", "ListTopics")):
        shape = _model(service).operation_model(operation).input_shape
        assert constraints.compile_input(shape) is None


def test_a_list_that_is_not_in_the_url_is_none() -> None:
    """LocalStack's parsers make it an empty one."""
    assert not _violations("lambda", "ListDurableExecutionsByFunction", {"Statuses": []})
    assert _violations("lambda", "ListDurableExecutionsByFunction", {"Statuses": ["NONE"]})


def _breaking(shape: Any) -> Iterator[tuple[Any, str]]:
    """Yield values that break one constraint of a shape, and words of the violation."""
    metadata, kind = shape.metadata, shape.type_name
    least, most = metadata.get("min"), metadata.get("max")
    if kind in ("integer", "long", "float", "double"):
        if least is not None:
            yield least - 1, "value greater than or equal"
        if most is not None:
            yield most + 1, "value less than or equal"
        return
    if kind == "string":
        if most is not None:
            yield "x" * (most + 1), "length less than or equal"
        if least:
            yield "", "length greater than or equal"
        if "enum" in metadata:
            yield "of no set", "enum value set"
        if pattern := metadata.get("pattern"):
            pattern = constraints.LOOSER.get((shape.name, pattern), pattern)
            broken = [it for it in STRANGE if not regex.fullmatch(pattern, it)]
            if broken:
                yield broken[-1], "regular expression pattern"
    if kind == "list" and least and "location" not in shape.serialization:
        yield [], "length greater than or equal"


def _broken(shape: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[Any, str]]:
    """Yield, for each constraint in a shape, a value that breaks it, with nothing else in it."""
    if shape.name in above:
        return
    above = (*above, shape.name)
    yield from _breaking(shape)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            for value, said in _broken(member, above):
                yield {name: value}, said
    elif shape.type_name == "list":
        for value, said in _broken(shape.member, above):
            yield [value], said
    elif shape.type_name == "map":
        for value, said in _broken(shape.value, above):
            yield {"x": value}, said
        for value, said in _broken(shape.key, above):
            yield {value: None}, said


@pytest.mark.parametrize("service", SERVICES)
def test_every_constraint_that_is_broken_alone_is_named(service: str) -> None:
    """For each constraint of each operation's input, however deep."""
    tried = 0
    for operation, shape in _inputs(service):
        check = constraints.compile_input(shape)
        for request, said in _broken(shape):
            assert check, (operation, request)
            assert any(said in it for it in check(request)), (operation, request, said)
            tried += 1
    assert tried > 20


def _values(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return a strategy for values of a shape that keep all its constraints."""
    metadata, kind = shape.metadata, shape.type_name
    least, most = metadata.get("min"), metadata.get("max")
    match kind:
        case "structure" if depth < 4:
            members = {name: _values(it, depth + 1) for name, it in shape.members.items()}
            return st.fixed_dictionaries({}, optional=members)
        case "structure":
            return st.just({})
        case "list":
            member = _values(shape.member, depth + 1)
            if member.is_empty:  # a pattern that no text here has
                return st.nothing() if least else st.just([])
            return st.lists(
                member,
                min_size=least or 0,
                max_size=min(most or 3, (least or 0) + 3),
            )
        case "map":
            keys, values = _values(shape.key, depth + 1), _values(shape.value, depth + 1)
            return st.dictionaries(keys, values, min_size=least or 0, max_size=(least or 0) + 2)
        case "integer" | "long":
            return st.integers(least, most)
        case "float" | "double":
            return st.floats(least, most, allow_nan=False)
        case "boolean":
            return st.booleans()
        case "blob":
            return st.binary(min_size=least or 0, max_size=min(most or 9, (least or 0) + 9))
        case "timestamp":
            return st.datetimes()
    if "enum" in metadata:
        return st.sampled_from(metadata["enum"])
    if pattern := metadata.get("pattern"):
        return _matching(pattern, least or 0, most)
    return st.text(min_size=least or 0, max_size=min(most or 99, (least or 0) + 99))


def _matching(pattern: str, least: int, most: int | None) -> st.SearchStrategy[str]:
    """Return a strategy for texts of a pattern. Classes of Unicode are left to the test of tags."""
    if least > 3:  # hardly a text at random is as long
        long = ["a" * least, "a" * (most or least)]
        return st.sampled_from(long) if re.fullmatch(pattern, long[0]) else st.nothing()
    ascii_only = re.sub(r"\\p\{L\}|\\p\{Z\}|\\p\{N\}", "a-z", pattern)
    if "\\p{" in ascii_only:
        return st.nothing()
    try:
        compiled = re.compile(ascii_only, re.ASCII)
    except re.error:
        return st.just("a" * max(least, 1))
    texts = st.from_regex(compiled, fullmatch=True, alphabet=st.sampled_from(CHARACTERS))
    return texts.filter(lambda it: len(it) >= least and (most is None or len(it) <= most))


@pytest.mark.parametrize("service", SERVICES)
def test_what_keeps_the_model_is_never_refused(service: str) -> None:
    """Requests at random, of operations at random: enums, ranges, lengths and patterns kept."""
    operations = dict(_inputs(service))

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(st.data())
    def check(data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(sorted(operations)))
        request = data.draw(_values(operations[operation]))
        assert _violations(service, operation, request) == []

    check()


def _inner(shape: Any, seen: set[str]) -> Iterator[Any]:
    if shape.name not in seen:
        seen.add(shape.name)
        yield shape
        for name in ("member", "key", "value"):
            if inner := getattr(shape, name, None):
                yield from _inner(inner, seen)
        for member in getattr(shape, "members", {}).values():
            yield from _inner(member, seen)


@pytest.mark.parametrize("service", SERVICES)
def test_no_text_keeps_a_pattern_busy(service: str) -> None:
    """Texts of a few kilobytes that almost match, for every pattern of the service's requests."""
    seen: set[str] = set()
    for _, shape in _inputs(service):
        for one in _inner(shape, seen):
            if one.type_name != "string" or "pattern" not in one.metadata:
                continue
            began = time.process_time()
            for text in (" ", "a", "-", "/a", "a-", ":a", ".a"):
                for holds, _ in constraints.rules(one):
                    holds(text * (4096 // len(text)) + "\x00")
            assert time.process_time() - began < 2, one.metadata["pattern"]


def test_tags_may_be_in_any_script() -> None:
    """The classes of Unicode in patterns of tags: letters, spaces and digits of all scripts."""
    tags = [{"Key": "Größe 大きさ ٣", "Value": "x" * 256}]
    assert not _violations("iam", "TagRole", {"RoleName": "r", "Tags": tags})
    assert _violations("iam", "TagRole", {"RoleName": "r", "Tags": [{"Key": "<", "Value": ""}]})
