"""The commands, by what they are for; harness/cli.py puts them together."""
