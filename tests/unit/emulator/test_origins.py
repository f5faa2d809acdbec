"""Exceptions of LocalStack stand for bad input, those of our own code for our own defects."""

from collections.abc import Callable
from typing import Any

import pytest

from localstack_parity import origins


def _function(module: str, body: str, **known: Any) -> Callable[[], Any]:
    """A function of a module that is not imported."""
    names: dict[str, Any] = {"__name__": module, **known}
    exec(f"def run():\n    {body}", names)
    run: Callable[[], Any] = names["run"]
    return run


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        (["localstack.aws.chain", "localstack_parity.s3.provider"], "localstack_parity"),
        (["localstack_parity.s3.provider", "moto.s3.models"], "moto"),
        (["localstack_parity.iam.guard", "localstack.services.s3"], "localstack"),
        (["localstack_parity.s3", "json.decoder"], "localstack_parity"),
        (["moto.apigateway.responses", "localstack_parity.nesting"], "moto"),
        (["rolo.gateway"], ""),
    ],
)
def test_the_innermost_of_the_packages_raised_it(modules: list[str], expected: str) -> None:
    """Libraries raise for whoever called them."""
    call = _function(modules[-1], "int('x')")
    for module in reversed(modules[:-1]):
        call = _function(module, "inner()", inner=call)
    with pytest.raises(ValueError, match="invalid literal") as raised:
        call()
    assert origins.package_of(raised.value) == expected
