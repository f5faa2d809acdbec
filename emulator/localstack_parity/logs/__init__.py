"""CloudWatch Logs corrected: filter patterns, metric filters and embedded metrics."""
