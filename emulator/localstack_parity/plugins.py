"""Every extension point that this distribution plugs into LocalStack: the table of contents.

LocalStack finds these names through the entry points in ``pyproject.toml``.
"""

from localstack.runtime import hooks


@hooks.on_infra_start()
def on_start() -> None:
    """Run once, before LocalStack answers requests."""
