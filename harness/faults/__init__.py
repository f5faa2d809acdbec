"""Faults made on purpose for as long as a `with` block lasts, and undone afterwards."""
