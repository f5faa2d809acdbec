"""IAM's policy evaluation, from documents alone: who may do what on what, and why.

policies reads documents into statements (matching: wildcards and ARNs; conditions: operators), and
evaluation decides a request as AWS does. reference knows which actions, resource types and
condition keys there are; actions and resources say what an API call asks for; keys gives condition
keys their values, from facts. Nothing in here knows LocalStack or makes a request.

Sources: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy reference"; Service
Authorization Reference.
"""
