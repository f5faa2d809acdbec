"""Bad requests: what cannot be read, or lacks what its operation needs, is the caller's error.

LocalStack answers 500 to such requests, which SDKs repeat; AWS answers 4xx. Two things are done
about it, for all services at once. The parsers take only values of the type that the service's
model names. And where a request fails in a way that is nobody's error yet, the exception is looked
at again: if the request breaks the model, it is the caller's. This costs nothing while all is well.

Sources: the protocols of AWS in Smithy's documentation (malformed requests are
SerializationException), "Common errors" of the API references, S3 API Reference, "Error responses".
"""

import errno
import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree

from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import OperationNotFoundError
from botocore.validate import ParamValidator
from localstack.aws.api import CommonServiceException, RequestContext, ServiceException
from localstack.aws.handlers.service import ServiceExceptionSerializer
from localstack.aws.protocol import parser as parsers
from localstack.aws.protocol.parser import OperationNotFoundParserError, RequestParserError
from localstack.aws.protocol.service_router import ProtocolError
from localstack.utils.patch import patch
from werkzeug.exceptions import HTTPException

from localstack_parity import origins

LOG = logging.getLogger(__name__)

# What a service calls a request that lacks a member, and one that has a wrong value.
_CODES = {
    "apigateway": ("BadRequestException", "BadRequestException"),
    "cloudwatch": ("MissingParameter", "InvalidParameterValue"),
    "lambda": ("ValidationException", "ValidationException"),
    "logs": ("InvalidParameterException", "InvalidParameterException"),
    "s3": ("InvalidRequest", "InvalidArgument"),
    "sns": ("InvalidParameter", "InvalidParameter"),
    "sqs": ("MissingParameter", "InvalidParameterValue"),
}
_QUERY_CODES = ("ValidationError", "ValidationError")
_OTHER_CODES = ("ValidationException", "ValidationException")

# What Python raises for a value of the right type that means nothing, or is beyond all limits.
_BAD_VALUES = (ValueError, OverflowError, RecursionError)
_ARN_COLONS = 5
# What no request is to blame for: a disk that is full or cannot be written, no memory, too many
# open files.
_OF_THE_MACHINE = frozenset(
    (
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO),
        *(errno.ENOMEM, errno.EMFILE, errno.ENFILE),
    )
)

# What XML cannot write, and so no service can that answers in it: names of IAM are shown in lists.
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WRITES_ALL_IN_XML = ("iam", "sts", "cloudformation", "cloudwatch")


def install() -> None:
    """Make all services answer bad requests with 4xx."""
    _take_only_what_fits()

    @patch(ServiceExceptionSerializer.create_exception_response)
    def create_exception_response(
        respond: Callable[..., Any],
        serializer: ServiceExceptionSerializer,
        exception: Exception,
        context: RequestContext,
    ) -> Any:
        error = _callers_error(exception, context)
        if error is None or context.operation:
            return respond(serializer, error or exception, context)
        name_an_operation(context)
        try:
            return respond(serializer, error, context)
        finally:
            context.operation = None


def name_an_operation(context: RequestContext) -> None:
    """Let an error be written although nobody knows the operation: its format is the service's."""
    if context.operation is None:
        context.operation = context.service.operation_model(context.service.operation_names[0])


def _callers_error(exception: Exception, context: RequestContext) -> ServiceException | None:
    """Return the error of the caller that an exception stands for; None if it is none."""
    if isinstance(exception, (ServiceException, HTTPException, NotImplementedError)):
        return None
    if isinstance(exception, OSError) and exception.errno in _OF_THE_MACHINE:
        return None
    if isinstance(exception.__cause__, ServiceException):
        return exception.__cause__  # who read the body for the parser knows better
    protocol = str(context.protocol)
    if isinstance(exception, ProtocolError):
        return _unknown_operation(protocol)
    if isinstance(exception, RequestParserError):
        if isinstance(exception, OperationNotFoundParserError) or isinstance(
            exception.__cause__, OperationNotFoundError
        ):
            return _unknown_operation(protocol)
        return _malformed(protocol, context, str(exception.__cause__ or exception))
    missing, invalid = _CODES.get(
        context.service.service_name if context.service else "",
        _QUERY_CODES if protocol in ("query", "ec2") else _OTHER_CODES,
    )
    if problems := _violations(context) or _lacks(exception, context):
        lacks = problems.startswith("Missing required parameter")
        return error_of(missing if lacks else invalid, problems)
    if isinstance(exception, _BAD_VALUES) and not _is_own_defect(exception):
        what = "It is nested too deeply." if isinstance(exception, RecursionError) else exception
        return error_of(invalid, f"A value is not valid. {what}")
    if isinstance(exception, ClientError) and not _is_own_defect(exception):
        return error_of(invalid, str(exception)) if _is_refusal(exception) else None
    if context.service and context.service.service_name == "apigateway":
        from localstack_parity.apigateway import mistakes  # which only that service needs

        return None if _is_own_defect(exception) else mistakes.explain(exception, context)
    return None


def _is_refusal(exception: ClientError) -> bool:
    """Say whether another service refused what this one asked of it with the caller's values."""
    status: int = exception.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status < HTTPStatus.INTERNAL_SERVER_ERROR


def _is_own_defect(exception: Exception) -> bool:
    """Say whether our own code, and not LocalStack's or moto's, raised an exception; and log it.

    They read the caller's values with what raises these; ours say in a service's words what is
    wrong with one, so that another exception is a defect, which must not look like bad input.
    """
    if isinstance(exception, RecursionError):
        return False  # where the depth of a value ends is chance
    ours = origins.package_of(exception) == origins.OURS
    if ours:
        LOG.error("A defect of the emulator, not of the request:", exc_info=exception)
    return ours


def error_of(
    code: str, message: str, status: int = 400, *, json_name: str = ""
) -> CommonServiceException:
    """Return an error; JSON names it by the name of its class, which is the code or `json_name`."""
    made: type[CommonServiceException] = type(json_name or code, (CommonServiceException,), {})
    return made(code, message, status, True)


def _unknown_operation(protocol: str) -> CommonServiceException:
    if protocol in ("query", "ec2"):
        return error_of("InvalidAction", "There is no such action.")
    if protocol == "rest-xml":
        message = "The specified method is not allowed against this resource."
        return error_of("MethodNotAllowed", message, 405)
    status = 404 if protocol == "rest-json" else 400
    return error_of("UnknownOperationException", "There is no such operation.", status)


def _malformed(protocol: str, context: RequestContext, reason: str) -> CommonServiceException:
    if protocol == "rest-xml":
        if context.request.content_length:
            message = (
                "The XML you provided was not well-formed or did not validate against our"
                " published schema"
            )
            return error_of("MalformedXML", message)
        return error_of("InvalidArgument", reason)
    if protocol in ("query", "ec2"):
        missing = "Action" not in context.request.values
        return error_of("MissingAction" if missing else "MalformedInput", reason)
    return error_of("SerializationException", reason)


def _violations(context: RequestContext) -> str:
    """Return in what a request breaks the model of its operation, a sentence on each line."""
    shape = context.operation.input_shape if context.operation else None
    if shape is None:
        return ""
    request = dict(context.service_request or {})
    try:
        if found := ParamValidator().validate(_given(request), shape).generate_report():
            return str(found)
    except (BotoCoreError, RecursionError):
        return ""
    for name, value in request.items():
        if name.lower().endswith("arn") and str(value).count(":") < _ARN_COLONS:
            return f"Invalid value for parameter {name}: {value} is no ARN."
        if name.lower().endswith("url") and "://" not in str(value):
            return f"{name} must be a supported URL."
    return ""


def _lacks(exception: Exception, context: RequestContext) -> str:
    """Name the member that was looked for in vain: which one a request needs may depend."""
    wanted = exception.args[0] if isinstance(exception, KeyError) and exception.args else None
    shape = context.operation.input_shape if context.operation else None
    if not isinstance(wanted, str) or shape is None:
        return ""
    structures = (shape, *(one for one in shape.members.values() if one.type_name == "structure"))
    known = any(wanted in one.members for one in structures)
    return f"Missing required parameter: {wanted}" if known else ""


def _given(value: Any) -> Any:
    """Leave out what LocalStack's parsers put in for members that are missing."""
    if isinstance(value, dict):
        return {name: _given(one) for name, one in value.items() if one is not None}
    return [_given(one) for one in value] if isinstance(value, list) else value


def _take_only_what_fits() -> None:
    base: Any = parsers.RequestParser
    for name, bits in (("_parse_integer", 32), ("_parse_long", 64)):
        setattr(base, name, _within(bits, getattr(base, name)))
    documents: tuple[Any, ...] = (parsers.BaseJSONRequestParser, parsers.BaseCBORRequestParser)
    json_document: Any = parsers.BaseJSONRequestParser
    json_document._parse_body_as_json = _no_null(json_document._parse_body_as_json)
    for document in documents:
        document._parse_string = _parse_string
        document._parse_list = _parse_list
    query: Any = parsers.QueryRequestParser
    query._parse_string = _parse_field
    xml: Any = parsers.RestXMLRequestParser
    xml._initial_body_parse = _parse_xml


def _within(bits: int, parse: Any) -> Any:
    limit = 1 << (bits - 1)

    def parse_number(self: Any, request: Any, shape: Any, node: Any, uri_params: Any = None) -> int:
        value: int = parse(self, request, shape, node, uri_params)
        if not -limit <= value < limit:
            raise ValueError(f"{shape.name} has more than {bits} bits.")
        return value

    return parse_number


def _no_null(parse: Any) -> Any:
    """Refuse `null` for a document: None is LocalStack's word for a structure that is not there."""

    def parse_document(self: Any, request: Any) -> Any:
        document = parse(self, request)
        if document is None:
            raise parsers.ProtocolParserError("The document is null.")
        return document

    return parse_document


def _parse_xml(self: Any, request: Any) -> ElementTree.Element:
    """Parse XML, whatever type of content it says it is: curl's is that of a form.

    A document type is refused: its entities may multiply or name files.
    """
    body = request.get_data()
    if not body:
        return ElementTree.Element("")
    if b"<!DOCTYPE" in body:
        raise parsers.ProtocolParserError("A document type is not accepted.")
    document: ElementTree.Element = self._parse_xml_string_to_dom(body)
    return document


def _parse_field(self: Any, _request: Any, shape: Any, node: Any, _uri_params: Any = None) -> str:
    if self.service.service_name in _WRITES_ALL_IN_XML and _NOT_IN_XML.search(node):
        raise ValueError(f"{shape.name} has characters that are not allowed.")
    return str(node)


def _parse_string(_self: Any, _request: Any, shape: Any, node: Any, _uri_params: Any = None) -> str:
    if not isinstance(node, str):
        raise TypeError(f"{shape.name} is no string.")
    return node


def _parse_list(self: Any, request: Any, shape: Any, node: Any, uri_params: Any = None) -> Any:
    if not isinstance(node, list):
        raise TypeError(f"{shape.name} is no list.")
    return parsers.RequestParser._parse_list(self, request, shape, node, uri_params)
