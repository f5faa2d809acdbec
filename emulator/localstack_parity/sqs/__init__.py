"""SQS corrected: what it counts and measures, and calls that are made twice."""
