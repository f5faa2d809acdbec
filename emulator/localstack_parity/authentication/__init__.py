"""Authentication: who sent a request, proven by its signature.

`gate` stands in front of every service. It reads what a request claims (`claims`), finds the secret
of the key that it names (`keys`), computes the signature again (`version_4`, `version_2`, `forms`)
and answers as AWS does if it is another one (`refusals`); `bodies` holds the content to its hash.
What a proven caller may do is decided afterwards, in `localstack_parity.iam`.
"""
