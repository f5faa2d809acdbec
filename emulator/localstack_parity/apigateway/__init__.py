"""API Gateway: LocalStack's, with AWS's answers to requests that it stumbles over."""
