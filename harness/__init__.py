"""Drives the deployed pipeline as its users would, observes it and judges what came out."""
