"""Pages of long answers."""

import base64
import binascii

from localstack.aws.api.cloudwatch import InvalidNextToken

PAGE = 100


def page[Item](
    items: list[Item], next_token: str | None, size: int | None
) -> tuple[list[Item], dict[str, str]]:
    """Up to 100 items, or ``size``; and the NextToken of the next page if there is one."""
    first = position(next_token)
    last = first + (size or PAGE)
    return items[first:last], {"NextToken": token(last)} if last < len(items) else {}


def token(number: int) -> str:
    """The token for everything from this item on."""
    return base64.urlsafe_b64encode(str(number).encode()).decode()


def position(next_token: str | None) -> int:
    """The number of the item that a token stands for. Raises InvalidNextToken."""
    if not next_token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(next_token))
    except (binascii.Error, ValueError):
        raise InvalidNextToken() from None
