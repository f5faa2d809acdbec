"""What the rules find in code that runs again and again and is stopped at a timeout."""

import pytest

from tests.unit.lint.conftest import Judge

_HANDLER = "def handler(event, context):\n    return event\n"
_CONFIG = "from botocore.config import Config\nimport boto3\n"
_SNS = f"{_CONFIG}sns = boto3.client('sns', config=Config(read_timeout=1))\n"


@pytest.mark.parametrize(
    "config",
    [
        pytest.param("", id="60 s by default"),
        pytest.param(", config=Config(read_timeout=5)", id="longer than 3 s"),
        pytest.param(
            ", config=Config(read_timeout=1, retries={'max_attempts': 4})", id="too many attempts"
        ),
    ],
)
def test_calls_that_outlast_the_function(judge: Judge, config: str) -> None:
    """A function with Lambda's default timeout of 3 s cannot wait so long for an answer."""
    found = judge(app_dot_py=f"{_CONFIG}S3 = boto3.client('s3'{config})\n{_HANDLER}")
    assert [finding.split()[0] for finding in found] == ["E9231"]


@pytest.mark.parametrize(
    "config",
    [
        pytest.param("Config(read_timeout=1, retries={'total_max_attempts': 2})", id="in place"),
        pytest.param("configured_elsewhere()", id="cannot be told"),
    ],
)
def test_calls_that_end_in_time(judge: Judge, config: str) -> None:
    """What ends in time, and what cannot be told from the code, is let pass."""
    code = f"{_CONFIG}S3 = boto3.client('s3', config={config})\n{_HANDLER}"
    assert not [f for f in judge(app_dot_py=code) if f.startswith("E9231")]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        pytest.param(
            "W9232", "SEEN = set()\ndef handler(e, c):\n    SEEN.add(e['key'])\n", id="set"
        ),
        pytest.param("W9232", "KEPT = {}\ndef handler(e, c):\n    KEPT[e['key']] = e\n", id="dict"),
        pytest.param(
            "W9232",
            "from functools import cache\n@cache\ndef load(key): ...\n"
            "def handler(e, c):\n    return load(e['key'])\n",
            id="cache",
        ),
        pytest.param(
            "W9233",
            "def handler(e, c):\n    open('/tmp/copy', 'wb').close()\n",
            id="file in /tmp",
        ),
        pytest.param(
            "W9233", "import tempfile\ndef handler(e, c):\n    tempfile.mkdtemp()\n", id="folder"
        ),
        pytest.param(
            "W9234", "import os\ndef handler(e, c):\n    print(dict(os.environ))\n", id="printed"
        ),
        pytest.param(
            "E9236",
            "import boto3\nsession = boto3.Session(region_name='us-east-1')\n"
            "def handler(e, c): ...\n",
            id="another Region",
        ),
        pytest.param(
            "W9235",
            f"from contextlib import suppress\n{_SNS}def handler(e, c):\n"
            "    with suppress(Exception):\n        sns.publish(TopicArn='t', Message='m')\n",
            id="suppressed",
        ),
        pytest.param(
            "W9235",
            f"{_SNS}def handler(e, c):\n    try:\n        sns.publish(TopicArn='t', Message='m')\n"
            "    except Exception:\n        print('no')\n",
            id="only logged",
        ),
    ],
)
def test_code_that_is_careless(judge: Judge, rule: str, code: str) -> None:
    """What is heaped up, left, given away or swallowed is found."""
    assert [finding.split()[0] for finding in judge(app_dot_py=code)] == [rule]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            "LAST = []\ndef handler(e, c):\n    LAST.clear()\n    LAST.append(e)\n", id="cleared"
        ),
        pytest.param(
            "TABLE = {}\nTABLE['a'] = 1\ndef handler(e, c):\n    return TABLE[e]\n", id="constant"
        ),
        pytest.param(
            "import os\ndef handler(e, c):\n    open('/tmp/a', 'wb').close()\n"
            "    os.unlink('/tmp/a')\n",
            id="removed",
        ),
        pytest.param(
            "import os\ndef handler(e, c):\n"
            "    return os.environ.get('BUCKET') or 'X' in os.environ or os.environ['BUCKET']\n",
            id="single variables",
        ),
        pytest.param(
            f"{_SNS}def handler(e, c):\n    try:\n        sns.publish(TopicArn='t', Message='m')\n"
            "    except Exception:\n        print('no')\n        raise\n",
            id="raised again",
        ),
    ],
)
def test_code_that_is_careful(judge: Judge, code: str) -> None:
    """What looks alike and is right is let pass."""
    assert judge(app_dot_py=code) == []
