"""Runs tests of LocalStack whose answers were recorded on AWS; nothing of them is in this project.

`make oracle TESTS=… SLICE=…` is the entry; docs/fidelity-evidence.md says what is needed.
"""
