"""Settings of Hypothesis: examples are not timed, as nothing says how busy the machine is."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
