"""All that the emulator holds: dropped at once, or kept in a file and brought back."""
