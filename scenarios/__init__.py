"""One file per scenario: what is sent, and what must come out."""
