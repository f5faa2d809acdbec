"""LocalStack's CloudWatch provider with our metric database.

In: CloudWatch requests. Out: LocalStack's answers, from database.py. Loaded by plugins.py.
"""

from localstack.services.cloudwatch.provider_v2 import CloudwatchProvider

from localstack_parity.cloudwatch.database import MetricDatabase


class ParityCloudwatchProvider(CloudwatchProvider):
    """CloudWatch where a metric is told from others by all of its dimensions."""

    def __init__(self) -> None:
        super().__init__()
        self.cloudwatch_database = MetricDatabase()

    def on_after_state_reset(self) -> None:
        """Begin again with an empty database."""
        super().on_after_state_reset()
        self.cloudwatch_database = MetricDatabase()
