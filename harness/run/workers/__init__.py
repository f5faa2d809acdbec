"""A scenario driven by several processes or machines, which Locust starts, connects and counts."""
