"""LocalStack 4.14.0 made faithful to AWS for the TapStack image pipeline."""
