"""Targets: where the stack runs – embedded, in a container or at an endpoint –, and its usage."""
