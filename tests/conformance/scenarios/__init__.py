"""All scenarios, by service."""

from tests.conformance.scenario import Scenario
from tests.conformance.scenarios import (
    cloudformation,
    cloudwatch,
    identity,
    lambda_,
    logs,
    messaging,
    s3,
    s3_notifications,
    s3_objects,
)

SCENARIOS: tuple[Scenario, ...] = (
    *cloudformation.SCENARIOS,
    *cloudwatch.SCENARIOS,
    *identity.SCENARIOS,
    *lambda_.SCENARIOS,
    *logs.SCENARIOS,
    *messaging.SCENARIOS,
    *s3.SCENARIOS,
    *s3_notifications.SCENARIOS,
    *s3_objects.SCENARIOS,
)
