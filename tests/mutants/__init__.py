"""Defects that AWS would refuse or that would break there; the gate must catch every one."""
