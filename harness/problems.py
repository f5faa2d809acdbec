"""The message to a person when something outside the harness stands in the way.

Everything in the harness that finds bad input or a broken environment raises Problem; the command
line prints it as plain sentences and ends with its exit code, never with a traceback.
"""


class Problem(Exception):
    """Something a person can act on.

    `happened` is one sentence of what was tried and seen, `remedy` one sentence of what to do, and
    `details` optional lines of evidence, such as the end of a log.
    """

    exit_code = 2

    def __init__(self, happened: str, remedy: str, *, details: str = "") -> None:
        super().__init__(happened, remedy)
        self.happened = happened
        self.remedy = remedy
        self.details = details

    def __str__(self) -> str:
        lines = [self.happened, *([self.details] if self.details else []), self.remedy]
        return "\n".join(lines)
