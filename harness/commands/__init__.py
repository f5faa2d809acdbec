"""The commands, one file each; those that bring the stack up and down share stack.py."""
