"""Time that passes faster: the waits before Lambda's retries, and the time that alarms see.

{"lambdaRetryDelay": seconds, "alarmsAhead": seconds} sets both.
"""

from localstack import config

from localstack_parity.chaos.rules import number, only, whole
from localstack_parity.cloudwatch import alarm_clock

_CONFIGURED_S = config.LAMBDA_RETRY_BASE_DELAY_SECONDS
_DAY_S = 24 * 3600


class _Time:
    """Both settings. A POST that leaves one out sets it back."""

    name = "time"

    def get(self) -> dict[str, float]:
        return {
            "lambdaRetryDelay": config.LAMBDA_RETRY_BASE_DELAY_SECONDS,
            "alarmsAhead": alarm_clock.ahead_s(),
        }

    def replace(self, document: object) -> None:
        if not isinstance(document, dict):
            raise ValueError('time is an object such as {"lambdaRetryDelay": 2, "alarmsAhead": 0}.')
        only(document, frozenset({"lambdaRetryDelay", "alarmsAhead"}))
        retry_s = number(document, "lambdaRetryDelay", _CONFIGURED_S, most=_DAY_S)
        ahead_s = whole(document, "alarmsAhead", least=0, most=15 * _DAY_S) or 0
        config.LAMBDA_RETRY_BASE_DELAY_SECONDS = retry_s
        alarm_clock.set_ahead(ahead_s)

    def clear(self) -> None:
        self.replace({})


TIME = _Time()
