"""Lambda functions as local processes: the Runtime API, the sandbox, the limits and the platform's log lines.

In: a function version and invocations from LocalStack. Out: results, log events, Durations.
"""
