"""What a function runs on: an interpreter, and what AWS's runtime of its name brings along."""

from collections.abc import Mapping, Sequence
from typing import Protocol

LAYERS = "/opt"  # where a function finds the content of its layers


class Unsupported(Exception):
    """A function cannot run on this machine; the text says why and what is needed."""


class Interpreter(Protocol):
    """An installed function runtime.

    `isolated` says whether a function has a root of its own, in which everything is where it is on
    AWS, or sees the machine's files; `opt` is where the content of its layers is.
    """

    @property
    def runtime(self) -> str:
        """Its name, as Lambda has it: python3.13, nodejs20.x."""

    @property
    def version_name(self) -> str:
        """Its name in the first line of a log: python:3.13.v1."""

    def visible(self) -> dict[str, str]:
        """Return which of its files and folders an isolated function sees: path inside to path."""

    def folders(self, *, isolated: bool) -> tuple[str, str]:
        """Return where /var/lang and /var/runtime are: what programs run on, and the runtime."""

    def variables(self, task: str, opt: str, *, isolated: bool) -> dict[str, str]:
        """Return environment variables that only this language has."""

    def command(
        self, env: Mapping[str, str], opt: str, *, isolated: bool, debugger: int | None
    ) -> Sequence[str]:
        """Return the command that serves invocations, with the environment `env`.

        At a port of `debugger` it waits for one before it imports the function.
        """

    def attempt(self) -> Sequence[str]:
        """Return a command that ends with 0 where it can run isolated."""
