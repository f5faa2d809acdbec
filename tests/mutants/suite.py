"""All mutants, in the order in which the gate is likely to catch them, and all sound changes."""

from tests.mutants.defects import (
    buckets,
    custom_resource_mutants,
    function_mutants,
    functions,
    messaging,
    monitoring,
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
    *custom_resource_mutants.MUTANTS,
    *function_mutants.MUTANTS,
]

SOUND_CHANGES: list[Change] = [*changed.SOUND_CHANGES, *added.SOUND_CHANGES]
