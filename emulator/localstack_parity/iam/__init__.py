"""Who may call what: IAM's policies and those of resources, enforced as AWS evaluates them.

policies → conditions → evaluation decide, knowing nothing of LocalStack, and so do the condition
keys: facts → global_keys, service_keys → keys. actions, resources and context say what a request
asks for; callers, credentials, attached and tags find who asks, and which policies apply; guard
puts it together for every request, record keeps what was used.
"""
