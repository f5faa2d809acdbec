"""The pictures of a day: which there are, how they are made, and what must become of each."""
