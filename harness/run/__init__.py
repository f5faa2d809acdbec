"""One run of a scenario: images sent when they are due, and followed to their output."""
