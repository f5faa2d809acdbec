"""What a run would have cost on AWS: prices as data, what was used, and the bill of both."""
