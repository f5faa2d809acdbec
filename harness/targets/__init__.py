"""Where the stack runs: embedded, in a container, at an endpoint or on AWS; what it occupies."""
