"""SNS corrected: what AWS refuses, to whom it delivers, what it counts."""
