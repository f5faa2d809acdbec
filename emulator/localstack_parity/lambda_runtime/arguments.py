"""What Lambda's API says at once of a function without code, with two sources of it, or no zip.

LocalStack answers 500 or takes one of them; the model of the API has no word for it.
Source: Lambda API Reference, CreateFunction and UpdateFunctionCode; messages as people report them.
That a zip is looked at before anything that a machine may lack is recorded in LocalStack's tests at
v4.14.0, `lambda_/test_lambda_api.py::TestLambdaFunction::test_create_lambda_exceptions`.
"""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.aws.chain import HandlerChain
from localstack.http import Response


def check(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Refuse a request with such arguments."""
    if not context.service or context.service.service_name != "lambda" or not context.operation:
        return
    request: Mapping[str, Any] = context.service_request or {}
    if context.operation.name == "CreateFunction":
        if request.get("PackageType") != "Image":  # which is refused where it is looked for
            _check_code(request.get("Code") or {})
    elif context.operation.name == "UpdateFunctionCode" and not request.get("ImageUri"):
        _check_code(request)


def _check_code(code: Mapping[str, Any]) -> None:
    zipped, bucket = code.get("ZipFile"), code.get("S3Bucket")
    if code.get("ImageUri"):
        problem = "Please don't provide ImageUri when creating a function with packageType Zip."
    elif zipped is not None and (bucket or code.get("S3Key")):
        problem = "Please do not provide other FunctionCode parameters when providing a ZipFile."
    elif zipped is not None and not zipped:
        problem = "Uploaded file must be a non-empty zip"
    elif zipped is None and not (bucket and code.get("S3Key")):
        problem = "Please provide a source for function code."
    elif zipped and not zipfile.is_zipfile(BytesIO(zipped)):
        problem = "Could not unzip uploaded file. Please check your file, then try to upload again."
    else:
        return
    raise InvalidParameterValueException(problem, Type="User")
