"""The stores of a service, by account and Region."""

from typing import Any


def every(stores: Any) -> list[tuple[str, str, Any]]:
    """Return account, Region and store of each that there is now.

    LocalStack's own iterator fails where a first call in another Region makes one meanwhile.
    """
    return [
        (account, region, store)
        for account, regions in list(dict.items(stores))
        for region, store in list(dict.items(regions))
    ]
