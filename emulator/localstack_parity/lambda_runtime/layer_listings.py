"""Lists of layers: of those that have a version, and that fit a runtime or an architecture.

LocalStack fails for good once a layer has lost its last version, and takes no notice of what the
layers are to be compatible with.

AWS: https://docs.aws.amazon.com/lambda/latest/api/API_ListLayers.html ("list only layers that
indicate that they're compatible with that runtime").
"""

from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.invocation.lambda_models import ValidationException
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.provider import LambdaProvider
from localstack.utils.collections import PaginatedList

from localstack_parity import constraints


class LayerListings(LambdaProvider):
    """ListLayers and ListLayerVersions."""

    def list_layers(
        self,
        context: RequestContext,
        compatible_runtime: str | None = None,
        marker: str | None = None,
        max_items: int | None = None,
        compatible_architecture: str | None = None,
        **_: Any,
    ) -> Any:
        """List each layer with the latest of its versions that fit."""
        wrong = (
            api_utils.validate_layer_architecture(compatible_architecture),
            api_utils.validate_layer_runtime(compatible_runtime),
        )
        if said := [one for one in wrong if one]:
            raise ValidationException(constraints.message(said))
        found, layers = [], lambda_stores[context.account_id][context.region].layers
        for name, layer in list(layers.items()):
            versions = [
                version
                for each in list(layer.layer_versions.values())
                if _fits(
                    version := api_utils.map_layer_out(each),
                    compatible_runtime,
                    compatible_architecture,
                )
            ]
            if versions:
                latest = max(versions, key=lambda version: version["Version"])
                found.append(
                    {"LayerName": name, "LayerArn": layer.arn, "LatestMatchingVersion": latest}
                )
        page, token = PaginatedList(found).get_page(
            lambda each: each["LayerArn"], marker, max_items
        )
        return {"NextMarker": token, "Layers": page}

    def list_layer_versions(
        self,
        context: RequestContext,
        layer_name: str,
        compatible_runtime: str | None = None,
        marker: str | None = None,
        max_items: int | None = None,
        compatible_architecture: str | None = None,
        **_: Any,
    ) -> Any:
        """List the versions of a layer that fit; a page may have fewer than were asked for."""
        answer = super().list_layer_versions(
            context, layer_name, compatible_runtime, marker, max_items, compatible_architecture
        )
        answer["LayerVersions"] = [
            version
            for version in answer["LayerVersions"]
            if _fits(version, compatible_runtime, compatible_architecture)
        ]
        return answer


def _fits(version: Any, runtime: str | None, architecture: str | None) -> bool:
    """Whether a version says that it is compatible with what was asked for, if anything was."""
    return (not runtime or runtime in (version.get("CompatibleRuntimes") or ())) and (
        not architecture or architecture in (version.get("CompatibleArchitectures") or ())
    )
