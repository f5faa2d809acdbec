"""The network side of the emulator: which addresses it listens on, and what browsers may ask of it.

Calls between LocalStack's services stay in the process and do not come through here.
"""
