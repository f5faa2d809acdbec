"""What is made once and what can be found: streams and metric filters under AWS's own errors.

And queries, which LocalStack answers with all events, whatever they ask for.
"""

import json
import threading
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.logs import ResourceAlreadyExistsException, ResourceNotFoundException
from localstack.services.logs.models import get_moto_logs_backend
from localstack.services.logs.provider import LogsProvider
from localstack.services.moto import call_moto

# Moto looks whether something is there and then makes it: of two who do so at a time, the second
# one's would replace the first one's, with what is in it.
changing = threading.RLock()


class Existence(LogsProvider):
    """Log groups whose streams and filters are there, or not, by their own name."""

    def create_log_group(
        self, context: RequestContext, log_group_name: str, **request: Any
    ) -> None:
        """Create a group, once."""
        with changing:
            super().create_log_group(context, log_group_name, **request)

    def create_log_stream(
        self, context: RequestContext, log_group_name: str, log_stream_name: str, **request: Any
    ) -> None:
        """Create a stream, once."""
        with changing:
            if log_stream_name in group(context, log_group_name).streams:
                raise ResourceAlreadyExistsException("The specified log stream already exists")
            call_moto(context)

    def delete_log_stream(
        self, context: RequestContext, log_group_name: str, log_stream_name: str, **request: Any
    ) -> None:
        """Delete a stream that is there."""
        with changing:
            if log_stream_name not in group(context, log_group_name).streams:
                raise ResourceNotFoundException("The specified log stream does not exist.")
            call_moto(context)

    def delete_metric_filter(
        self, context: RequestContext, log_group_name: str, filter_name: str, **request: Any
    ) -> None:
        """Delete a metric filter that is there."""
        group(context, log_group_name)
        filters = get_moto_logs_backend(context.account_id, context.region).filters
        with changing:
            if not any(
                (it["logGroupName"], it["filterName"]) == (log_group_name, filter_name)
                for it in filters.metric_filters
            ):
                raise ResourceNotFoundException("The specified metric filter does not exist.")
            call_moto(context)

    def describe_subscription_filters(self, context: RequestContext, **request: Any) -> Any:
        """Return a group's subscription filters; none is about transformed logs."""
        answer = call_moto(context)
        for one in answer["subscriptionFilters"]:
            one["applyOnTransformedLogs"] = False
        return answer

    def put_resource_policy(self, context: RequestContext, **request: Any) -> Any:
        """Keep a policy, which is one of the account."""
        answer = call_moto(context)
        answer["resourcePolicy"]["policyScope"] = "ACCOUNT"
        return answer

    def describe_resource_policies(self, context: RequestContext, **request: Any) -> Any:
        """Return the policies of the account, as they are kept."""
        answer = call_moto(context)
        for one in answer["resourcePolicies"]:
            one["policyScope"] = "ACCOUNT"
            one["policyDocument"] = _kept(one["policyDocument"])
        return answer

    def delete_resource_policy(
        self, context: RequestContext, policy_name: str | None = None, **request: Any
    ) -> Any:
        """Delete a policy that is there."""
        backend = get_moto_logs_backend(context.account_id, context.region)
        if policy_name not in backend.resource_policies:
            raise ResourceNotFoundException(f"Policy with name [{policy_name}] does not exist.")
        return call_moto(context)

    def put_delivery_destination(self, context: RequestContext, **request: Any) -> Any:
        """Keep a destination of vended logs; the answer is without its tags."""
        answer = call_moto(context)
        answer["deliveryDestination"].pop("tags", None)
        return answer

    def get_delivery_source(self, context: RequestContext, name: str, **request: Any) -> Any:
        """Return a source of vended logs that is there."""
        backend = get_moto_logs_backend(context.account_id, context.region)
        if name not in backend.delivery_sources:
            raise ResourceNotFoundException(
                "Requested Delivery Source does not exist in this account."
            )
        return call_moto(context)

    def get_query_results(self, context: RequestContext, query_id: str, **request: Any) -> Any:
        """Say that there is no such query: none can be started."""
        raise ResourceNotFoundException(f"The query {query_id} does not exist.")

    def start_query(self, context: RequestContext, **request: Any) -> Any:
        """Refuse what would be answered wrongly."""
        raise CommonServiceException(
            "NotImplemented",
            "Queries of CloudWatch Logs Insights are not emulated here: use FilterLogEvents.",
            status_code=501,
        )


def _kept(document: str) -> str:
    """Write a policy as Logs keeps it: with its version, and a list of one service as a text.

    Recorded in LocalStack's tests at v4.14.0: `logs/test_logs_resource_policies.py`,
    `test_put_resource_policy_update`.
    """
    policy = json.loads(document)
    for statement in policy["Statement"] if isinstance(policy["Statement"], list) else ():
        principal = statement.get("Principal")
        for kind, names in principal.items() if isinstance(principal, dict) else ():
            if isinstance(names, list) and len(names) == 1:
                principal[kind] = names[0]
    return json.dumps({"Version": "2008-10-17", **policy}, separators=(",", ":"))


def group(context: RequestContext, name: str) -> Any:
    """Return a log group. Raises ResourceNotFoundException if there is none of this name."""
    found = get_moto_logs_backend(context.account_id, context.region).groups.get(name)
    if found is None:
        raise ResourceNotFoundException("The specified log group does not exist.")
    return found
