"""All mutants, in the order in which the gate is likely to catch them."""

from tests.mutants import (
    custom_resource_mutants,
    function_mutants,
    permission_mutants,
    resource_mutants,
    watching_mutants,
)
from tests.mutants.mutant import Mutant

MUTANTS: list[Mutant] = [
    *permission_mutants.MUTANTS,
    *resource_mutants.MUTANTS,
    *watching_mutants.MUTANTS,
    *custom_resource_mutants.MUTANTS,
    *function_mutants.MUTANTS,
]
