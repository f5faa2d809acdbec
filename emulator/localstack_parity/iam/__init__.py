"""Who may call what: the policies of LocalStack's identities and resources, enforced as on AWS.

The library iam_policies decides. callers, credentials, attached, tags and context find what it is
to decide about: who asks, which policies apply, with which keys. guard puts it together for every
request, configuration for what is set, public for what everyone may; record keeps what was used.
"""
