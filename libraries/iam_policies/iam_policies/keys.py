"""Condition keys: what a request says about itself, by the names that policies use.

A key has a value, or is absent from this request as it would be on AWS, or is absent from all
requests, because the emulator has nothing that it is about. The last are listed: a policy that asks
for one of them means something else here than on AWS, and is named in the log.
"""

import logging
from fnmatch import fnmatchcase
from functools import cache

from iam_policies import reference
from iam_policies.facts import Facts, Value
from iam_policies.global_keys import GLOBAL, TAGS
from iam_policies.service_keys import OF_SERVICES

LOG = logging.getLogger(__name__)

# Keys that no request has here, as patterns in lower case, with what they are about.
ABSENT = {
    "aws:assumedroot": "sessions of AssumeRoot",
    "aws:calledvia*": "services that call others with the caller's rights",
    "aws:chatbotsourcearn": "chat applications",
    "aws:ec2instancesource*": "instances of EC2",
    "aws:federatedprovider": "identity providers",
    "aws:ismcpserviceaction": "AWS's MCP servers",
    "aws:multifactorauthage": "devices for multi-factor authentication",
    "aws:principalorg*": "organizations",
    "aws:resourceorg*": "organizations",
    "aws:sourceidentity": "identities that sessions keep",
    "aws:sourceorg*": "organizations",
    "aws:sourcevpc*": "VPC endpoints",
    "aws:viaawsmcpservice": "AWS's MCP servers",
    "aws:vpc*": "VPC endpoints",
    "accounts.google.com:*": "identity providers",
    "cloudformation:createaction": "tags that CloudFormation sets by itself",
    "cloudformation:importresourcetypes": "imports",
    "cloudformation:targetregion": "stack sets",
    "cloudformation:typearn": "hooks and registered types",
    "cloudwatch:request*": "Contributor Insights",
    "cognito-identity.amazonaws.com:*": "identity providers",
    "ec2:*": "instances of EC2",
    "graph.facebook.com:*": "identity providers",
    "iam:associatedresourcearn": "the resource that a role is passed for",
    "iam:delegation*": "delegation requests",
    "iam:fido*": "security keys",
    "iam:notificationchannel": "delegation requests",
    "iam:registersecuritykey": "security keys",
    "iam:servicespecificcredential*": "credentials of single services",
    "iam:templatearn": "delegation requests",
    "lambda:eventsourcetoken": "Alexa",
    "lambda:vpcids": "VPCs",
    "s3:accessgrant*": "access grants",
    "s3:accesspoint*": "access points",
    "s3:dataaccesspoint*": "access points",
    "s3:destinationregion": "replication",
    "s3:existingjob*": "batch operations",
    "s3:isreplicationpauserequest": "replication",
    "s3:jobsuspendedcause": "batch operations",
    "s3:requestjob*": "batch operations",
    "saml:*": "identity providers",
    "sts:awsservicename": "bearer tokens",
    "sts:identitytokenaudience": "web identity tokens",
    "sts:requestcontext*": "contexts of sessions",
    "sts:signingalgorithm": "web identity tokens",
    "sts:taskpolicyarn": "sessions of AssumeRoot",
    "www.amazon.com:*": "identity providers",
}


def read(facts: Facts, action: str, key: str) -> Value:
    """Return the value of a key, in lower case, for a request of an action."""
    if key in GLOBAL:
        return GLOBAL[key](facts)
    name, slash, tag = key.partition("/")
    tags = TAGS.get(name + slash)
    if tags is None and key not in OF_SERVICES:
        _report(key)
        return None
    if not name.startswith("aws:") and not _has(action, name + slash):
        return None
    if tags is None:
        return OF_SERVICES[key](facts)
    return next((value for one, value in tags(facts).items() if one.lower() == tag), None)


def is_supplied(key: str) -> bool:
    """Say whether a key, in lower case, can have a value."""
    name, slash, _ = key.partition("/")
    return key in GLOBAL or key in OF_SERVICES or name + slash in TAGS


def why_absent(key: str) -> str:
    """Return what a key that no request has is about; "" if it is not listed."""
    return next((about for one, about in ABSENT.items() if fnmatchcase(key, one)), "")


def _has(action: str, key: str) -> bool:
    """Say whether AWS lists a key for an action."""
    known = reference.action(action)
    return known is not None and key in known.keys


@cache
def _report(key: str) -> None:
    """Name a key in the log, once, that a policy asks for in vain."""
    about = why_absent(key)
    reason = f"it is about {about}, which are not emulated" if about else "nobody here supplies it"
    LOG.warning("A policy asks for %s, which no request has here: %s.", key, reason)
