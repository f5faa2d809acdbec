"""Sound changes of a template: what a team may do to it, and the gate has to let pass.

Each is a change that works on AWS and keeps to requirements.yml, or changes it as well.
"""
