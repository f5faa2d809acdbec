"""S3 corrected: objects on disk, atomic conditional writes, events as AWS sends them."""
