"""All mutants, in the order in which the gate is likely to catch them, and all sound changes."""

from tests.mutants.defects import (
    buckets,
    custom_resource,
    function_code,
    functions,
    image_processor,
    imaging,
    messaging,
    monitoring,
    notifications,
    policies,
    references,
    roles,
)
from tests.mutants.mutant import Change, Mutant
from tests.mutants.sound import added, changed

MUTANTS: list[Mutant] = [
    *roles.MUTANTS,
    *policies.MUTANTS,
    *references.MUTANTS,
    *functions.MUTANTS,
    *buckets.MUTANTS,
    *messaging.MUTANTS,
    *monitoring.MUTANTS,
    *custom_resource.MUTANTS,
    *function_code.MUTANTS,
    *image_processor.MUTANTS,
    *imaging.MUTANTS,
    *notifications.MUTANTS,
]

SOUND_CHANGES: list[Change] = [*changed.SOUND_CHANGES, *added.SOUND_CHANGES]
