"""What was seen of a run, and what follows from it: the ledger, the checks, the report."""
