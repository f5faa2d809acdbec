"""CloudWatch metrics as AWS keeps and answers them."""
