"""Faults on purpose: off until somebody asks for them over HTTP, and the same ones for a seed."""
