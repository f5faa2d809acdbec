"""AWS::S3::BucketPolicy: updates apply.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html
"""

import json

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.s3.resource_providers.aws_s3_bucketpolicy import S3BucketPolicyProvider

from localstack_parity.cloudformation.properties.models import Model, done, updated


class Provider(S3BucketPolicyProvider):
    """Bucket policies that are replaced when they change."""

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Replace the policy of the bucket."""
        model = updated(request, "Id")
        request.aws_client_factory.s3.put_bucket_policy(
            Bucket=model["Bucket"], Policy=json.dumps(model["PolicyDocument"])
        )
        return done(model)
