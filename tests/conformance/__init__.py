"""Short lists of API calls whose answers are recorded, to be compared with those of AWS.

`python -m tests.conformance --help` says how to play them; docs/fidelity-evidence.md says why.
"""
