"""Uploads from a browser's form: who signed its policy, and what the policy lets it do.

Sources: S3 API Reference, "Browser-based uploads using POST" and "Creating a POST policy"; S3 User
Guide, "Browser-based uploads using POST (signature version 2)".
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.s3 import AccessDenied, InvalidArgument, PreconditionFailed
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.services.s3 import presigned_url
from localstack.services.s3.constants import S3_HOST_ID

# Fields that no condition has to name, beside those that begin with x-ignore-.
_FREE = frozenset({"awsaccesskeyid", "file", "policy", "signature", "x-amz-signature"})

_METADATA = "x-amz-meta-"

# What a field is called as a parameter of PutObject, for what decides about it.
_PARAMETERS = {
    "acl": "ACL",
    "tagging": "Tagging",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-storage-class": "StorageClass",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
}


def is_form(request: Any) -> bool:
    """Say whether a request is an upload from a form."""
    return bool(request.method == "POST" and request.mimetype == "multipart/form-data")


def fields_of(request: Any) -> dict[str, str]:
    """Return the fields of a form that has all that its signature needs, names in lower case.

    Without a policy there is nothing to sign: then the form is anonymous.
    """
    fields = {str(name).lower(): str(value) for name, value in request.form.items()}
    if "policy" not in fields:
        return {}
    for names in (
        presigned_url.SIGNATURE_V4_POST_FIELDS,
        presigned_url.SIGNATURE_V2_POST_FIELDS,
    ):
        presigned_url._is_match_with_signature_fields(fields, names)
    return fields


def name_what_is_posted(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Name key and options of a form as those of PutObject are, for who judges permissions."""
    if not context.operation or context.operation.name != "PostObject":
        return
    request = context.request
    if not is_form(request):
        raise PreconditionFailed(
            "At least one of the pre-conditions you specified did not hold",
            Condition="Bucket POST must be of the enclosure-type multipart/form-data",
        )
    fields = {str(name).lower(): str(value) for name, value in request.form.items()}
    if not fields.get("key"):
        raise InvalidArgument(
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the"
            " order of the fields.",
            ArgumentName="key",
            ArgumentValue="",
            HostId=S3_HOST_ID,
        )
    if "file" not in fields and len(request.files.getlist("file")) != 1:
        raise InvalidArgument(
            "POST requires exactly one file upload per request.",
            ArgumentName="file",
            ArgumentValue=str(len(request.files.getlist("file"))),
            HostId=S3_HOST_ID,
        )
    parameters: Any = context.service_request
    parameters["Key"] = key_of(request)
    for field, parameter in _PARAMETERS.items():
        if value := fields.get(field):
            parameters[parameter] = value
    parameters["Metadata"] = {
        name.removeprefix(_METADATA): value
        for name, value in fields.items()
        if name.startswith(_METADATA)
    }


def answer_without_document(
    _chain: HandlerChain, context: RequestContext, response: Response
) -> None:
    """Empty the answer to a form unless it asked for 201; any status but three means 204."""
    if not context.operation or context.operation.name != "PostObject":
        return
    if response.status_code == 201 or response.status_code == 303:
        return
    if context.service_exception is None:
        response.status_code = 200 if response.status_code == 200 else 204
        response.data = b""


def key_of(request: Any) -> str:
    """Return the key that a form writes; ${filename} is the name of the uploaded file."""
    file = request.files.get("file")
    name = str(file.filename or "") if file else ""
    return str(request.form.get("key") or "").replace("${filename}", name)


def check_policy(form: Mapping[str, str], about: Mapping[str, Any]) -> None:
    """Raise what S3 answers to a form that its policy does not allow.

    LocalStack judges the conditions; what is added is that each field needs one.
    """
    presigned_url.validate_post_policy(form, about)
    fields = {str(name).lower() for name in form}
    if "policy" not in fields:
        return
    policy = next(value for name, value in form.items() if name.lower() == "policy")
    named = set(_named(policy))
    extra = sorted(name for name in fields - _FREE - named if not name.startswith("x-ignore-"))
    if extra:
        raise AccessDenied(
            f"Invalid according to Policy: Extra input fields: {extra[0]}", HostId=S3_HOST_ID
        )


def _named(policy: str) -> Iterator[str]:
    """Yield the fields that the conditions of a policy name."""
    for condition in json.loads(base64.b64decode(policy)).get("conditions", []):
        match condition:
            case dict():
                yield from (name.lower() for name in condition)
            case [_, str(name), _] if name.startswith("$"):
                yield name.removeprefix("$").lower()
