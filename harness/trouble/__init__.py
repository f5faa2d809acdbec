"""What scenarios have go wrong on purpose, and what they follow meanwhile and mend afterwards."""
