"""Drives the deployed pipeline as its users would, observes it and judges what came out.

In reading order, and each imports only from those before it: `targets` says where a stack runs,
`stack` brings the template there and reads it back, `images` makes what is uploaded, `evidence`
holds what was seen of a run and judges it, `run` sends images and follows them, `trouble` disturbs.
`lint` reads the template and the functions before anything runs, `console` shows a target in the
browser; `commands` is what a person types.
"""
