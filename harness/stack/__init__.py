"""From a template and its functions to a running stack, and the proof that it is what it says."""
