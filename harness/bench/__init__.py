"""How fast the pipeline is, against the same imaging without any pipeline."""
