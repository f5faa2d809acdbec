"""Lambda functions as local processes: the Runtime API, the sandbox, the limits, the log lines.

In: a function version and invocations from LocalStack. Out: results, log events, durations.
"""
