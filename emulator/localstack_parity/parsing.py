"""Requests that cannot be read: bad input, which AWS answers with 400, never with 500.

Whatever goes wrong in LocalStack's parser is the sender's doing: text that is no XML or JSON,
values of the wrong type, entities that multiply, nesting that no parser follows.
Sources: S3 API Reference, "Error responses" (MalformedXML); "Common errors" of the JSON services
(SerializationException).
"""

from typing import Any
from xml.etree import ElementTree

from localstack.aws import handlers
from localstack.aws.api import CommonServiceException, RequestContext, ServiceException
from localstack.aws.chain import HandlerChain
from localstack.aws.protocol import parser
from localstack.http import Request, Response
from localstack.runtime import get_current_runtime


def install() -> None:
    """Stand around LocalStack's parser."""
    chain = get_current_runtime().components.gateway.request_handlers
    chain[chain.index(handlers.parse_service_request)] = parse
    parser.RestXMLRequestParser._initial_body_parse = _document


def parse(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """Parse a request, or raise what AWS answers to one that cannot be parsed."""
    try:
        handlers.parse_service_request(chain, context, response)
    except parser.OperationNotFoundParserError:
        raise
    except parser.RequestParserError as error:
        name_an_operation(context)
        if isinstance(error.__cause__, ServiceException):  # the body is not what was signed
            raise error.__cause__ from None
        raise _malformed(context) from error


def name_an_operation(context: RequestContext) -> None:
    """Let an error be written although nobody knows the operation: its format is the service's."""
    if context.operation is None:
        context.operation = context.service.operation_model(context.service.operation_names[0])


def _malformed(context: RequestContext) -> CommonServiceException:
    protocol = str(context.protocol)
    if protocol == "rest-xml":
        return CommonServiceException(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published"
            " schema",
        )
    if protocol == "query":
        return CommonServiceException(
            "MalformedInput", "The request could not be read as parameters of the operation."
        )
    return CommonServiceException(
        "SerializationException", "The request could not be read as input of the operation."
    )


def _document(_parser: Any, request: Request) -> Any:
    """Parse XML, whatever type of content it says it is; without a document type, whose entities
    may multiply or name files.
    """
    text = request.get_data()
    if not text:
        return ElementTree.Element("")
    if b"<!DOCTYPE" in text:
        raise parser.ProtocolParserError("A document type is not accepted.")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise parser.ProtocolParserError(f"No XML: {error}") from error
