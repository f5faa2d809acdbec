"""Files that the function must not accept."""

import pytest

import imaging
from rejections import Rejection


def rejection(data: bytes) -> Rejection:
    """Why the file is rejected; fails if it is not."""
    with pytest.raises(Rejection) as raised:
        imaging.process(data)
    return raised.value
