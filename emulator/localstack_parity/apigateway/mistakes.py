"""What the caller did wrong where LocalStack or moto stumbles over a request for API Gateway.

Both look things up in dictionaries and read documents without asking whether they are there and of
the right form; what comes of it is a KeyError, an AttributeError or a TypeError, and 500 to the
caller, which SDKs repeat. API Gateway is as LocalStack has it, so each of these is the request's:
what its path names is not there, or something in its body cannot be used.

The words were recorded in LocalStack's tests at v4.14.0, in `apigateway/`:
`test_apigateway_api.py` (`Invalid … identifier specified`) and `test_apigateway_import.py`,
`TestApiGatewayImportRestApi::test_import_api_bad_file`. Which of them it is, is inferred.
"""

import re
from typing import Any

from localstack.aws.api import RequestContext, ServiceException
from localstack.aws.api.apigateway import BadRequestException, NotFoundException

# What is said of a body that cannot be used, where it is a document.
_DOCUMENTS = {
    "ImportDocumentationParts": "Unable to build importer with provided input.",
    "ImportRestApi": "Invalid OpenAPI input.",
    "PutRestApi": "Invalid OpenAPI input.",
}
_OTHER = "Invalid request input"
# What a member of the path is called, where it is not the member's name in words.
_NAMES = {
    "httpMethod": "Method identifier",
    "restApiId": "API identifier",
    "statusCode": "Response status code",
    "usagePlanId": "Usage Plan ID",
}
_WORDS = re.compile("[A-Z]?[a-z]+")


def explain(exception: Exception, context: RequestContext) -> ServiceException:
    """Return the error of the caller that an exception of LocalStack or moto stands for."""
    operation = context.operation.name if context.operation else ""
    if operation not in _DOCUMENTS and (absent := _absent(exception, context)):
        return NotFoundException(f"Invalid {_name(absent)} specified")
    return BadRequestException(_DOCUMENTS.get(operation, _OTHER))


def _absent(exception: Exception, context: RequestContext) -> str:
    """Return the member of the path that names what is not there, empty if all of it is.

    A KeyError says what was looked for. None in the place of something was looked for as well: by
    the last member of the path, unless the request makes something below that.
    """
    path = _in_path(context)
    if isinstance(exception, KeyError):
        return next((name for name, it in path.items() if it in exception.args), "")
    is_none = isinstance(exception, AttributeError) and exception.obj is None
    return list(path)[-1] if path and is_none and context.request.method != "POST" else ""


def _in_path(context: RequestContext) -> dict[str, Any]:
    """Return the members of a request that its path names, in the path's order."""
    shape = context.operation.input_shape if context.operation else None
    if shape is None or context.operation is None:
        return {}
    labels = {
        str(member.serialization["name"]): name
        for name, member in shape.members.items()
        if member.serialization.get("location") == "uri"
    }
    request: Any = context.service_request or {}
    found = re.findall(r"\{(\w+)\+?\}", context.operation.http["requestUri"])
    return {labels[one]: request.get(labels[one]) for one in found if one in labels}


def _name(member: str) -> str:
    if member in _NAMES:
        return _NAMES[member]
    words = [word.capitalize() for word in _WORDS.findall(member.removesuffix("Id"))]
    return f"{' '.join(words)} identifier"
