"""EventBridge corrected: the wildcards of event patterns."""
