"""Sessions that STS would give out and that are none, or could do more than they should.

Source: STS API Reference, AssumeRole.
"""

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from localstack_parity.authentication import gate
from localstack_parity.iam import federation

# LocalStack's give the keys of an example, which nobody could use; or those of any role to anybody,
# as it looks at no identity provider's token.
_GIVE_WRONG_KEYS = frozenset(
    {
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "GetSessionToken",
    }
)
_LONGEST_S = 43_200


def refuse_unusable(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Refuse to give out keys that nobody could use, or that may do more than they should."""
    if not context.operation or not context.service or context.service.service_name != "sts":
        return
    operation, parameters = context.operation.name, dict(context.service_request or {})
    if operation in _GIVE_WRONG_KEYS:
        raise CommonServiceException(
            "NotImplemented",
            f"{operation} of sts is not emulated here: use AssumeRole.",
            status_code=501,
        )
    if operation == federation.OPERATION:
        federation.check(parameters, context)
    if operation != "AssumeRole" or gate.is_internal(context):
        return
    if parameters.get("Policy") or parameters.get("PolicyArns"):
        raise CommonServiceException(
            "NotImplemented",
            "Session policies are not emulated here: leave out Policy and PolicyArns.",
            status_code=501,
        )
    if int(parameters.get("DurationSeconds") or 0) > _LONGEST_S:
        raise CommonServiceException(
            "ValidationError",
            f"1 validation error detected: Value '{parameters['DurationSeconds']}' at "
            "'durationSeconds' failed to satisfy constraint: Member must have value less than or "
            f"equal to {_LONGEST_S}",
        )
