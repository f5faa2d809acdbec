"""Why a request cannot be authenticated; `refusals` has the answer of each service to it."""

from enum import StrEnum


class Problem(StrEnum):
    """Why a request is refused; what a caller of this module adds is the detail of it."""

    ASYMMETRIC = "signed with version 4a"
    BAD_EXPIRY = "a presigned URL whose end is no time"
    BAD_QUERY = "a parameter of a presigned URL that makes no sense"
    EXPIRED_TOKEN = "a session that has ended"
    EXPIRED_URL = "a presigned URL that has expired"
    INCOMPLETE_QUERY = "a presigned URL without all of its parameters"
    INCOMPLETE_QUERY_TWO = "the same of version 2"
    INVALID_TOKEN = "a token that does not belong to the key"
    MALFORMED = "a signature without all that it needs"
    MISSING = "no signature"
    SEVERAL = "more than one signature"
    SKEWED = "signed at another time"
    UNKNOWN_ALGORITHM = "an authorization that is none of AWS's"
    UNKNOWN_KEY = "a key that nobody issued"
    UNSIGNED_HEADERS = "headers that the signature does not cover"
    VERSION_TWO = "signed with version 2, which only S3 takes"
    WRONG_SCOPE = "scoped to another day, Region or service"
    WRONG_SIGNATURE = "another signature"


class Refused(Exception):
    """A request that cannot be authenticated."""

    def __init__(self, problem: Problem, detail: str = "", **fields: object) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.detail = detail
        self.fields = fields  # what S3 adds to its message
