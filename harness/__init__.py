"""Drives the deployed pipeline as its users would, observes it and judges what came out.

In reading order, and each imports only from those before it: `targets` says where a stack runs,
`stack` brings the template there and reads it back, `images` makes what is uploaded, `evidence`
holds what was seen of a run and judges it, `cost` prices it, `page` shows that; `faults` makes
things fail, `alarms` and `redrive` act on a stack as its operators do, `run` sends images and
follows them. `lint` reads the template and the functions before anything runs, `gate` puts all of
it together, `bench` measures, `console` shows a target in the browser; `commands` is what a person
types.
"""
