"""What AWS answers to a request that is not allowed.

Sources: IAM User Guide, "Troubleshoot access denied error messages"; the "Common errors" of each
service's API reference; S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors".
"""

from localstack.aws.api import CommonServiceException, RequestContext

from iam_policies.evaluation import Callers, Decision, Request, Source


def access_denied(
    context: RequestContext, request: Request, decision: Decision
) -> CommonServiceException:
    """Return the error with the service's code, status and wording."""
    service = context.service.service_name if context.service else ""
    if request.caller.kind is Callers.ANONYMOUS and service not in ("s3", "sqs"):
        return CommonServiceException(
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
            status_code=403,
        )
    code, status = _code(service, str(context.protocol))
    return CommonServiceException(code, _message(request, decision), status_code=status)


def _code(service: str, protocol: str) -> tuple[str, int]:
    if service == "sns":
        return "AuthorizationError", 403
    if service in ("sqs", "cloudwatch"):  # whose JSON keeps the codes that their XML had
        return "AccessDenied", 403
    if protocol == "rest-json":
        return "AccessDeniedException", 403
    if protocol in ("json", "smithy-rpc-v2-cbor"):
        return "AccessDeniedException", 400
    return "AccessDenied", 403


def _message(request: Request, decision: Decision) -> str:
    caller, action, resource = request.caller, request.action, request.resource
    service = action.partition(":")[0]
    same_account = caller.account == request.account
    if service == "s3":
        if not same_account:
            return "Access Denied"
        resource = f'"{resource}"'
    elif service == "sns":
        action = action.replace("sns:", "SNS:", 1)
    elif service == "sqs":
        if caller.kind is Callers.ANONYMOUS:
            return f"Access to the resource {resource} is denied."
        action = action.lower()
    who = caller.arn or "anonymous"
    said = f"User: {who} is not authorized to perform: {action} on resource: {resource}"
    if action == "sts:AssumeRole" and not decision.explicit:
        return said
    source = decision.source.value
    if decision.explicit:
        article = "an" if decision.source is Source.IDENTITY else "a"
        return f"{said} with an explicit deny in {article} {source}"
    return f"{said} because no {source} allows the {action} action"
