"""CloudFormation corrected: custom resources, and properties that LocalStack drops."""
