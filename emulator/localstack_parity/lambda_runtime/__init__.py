"""Lambda functions as local processes: the Runtime API, the sandbox, the limits, the log lines."""
