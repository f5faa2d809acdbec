"""Who may call what: IAM's policies and those of resources, enforced as AWS evaluates them.

policies → conditions → evaluation decide, knowing nothing of LocalStack; actions, resources and
context say what a request asks for; callers and attached find who asks and which policies apply;
guard puts it together for every request, record keeps what was used.
"""
