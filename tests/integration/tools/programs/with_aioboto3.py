"""Uploads in parts, reads back and empties a bucket; a queue gets its message."""

import asyncio
import sys
from pathlib import Path

import aioboto3  # type: ignore[import-not-found]  # of requirements.lock


async def main(big: Path) -> None:
    session = aioboto3.Session()
    async with session.client("s3") as s3:
        await s3.create_bucket(Bucket="aioboto3")
        await s3.upload_file(str(big), "aioboto3", "größe/ü +&.bin")
        [listed] = (await s3.list_objects_v2(Bucket="aioboto3"))["Contents"]
        answer = await s3.get_object(Bucket="aioboto3", Key=listed["Key"])
        assert await answer["Body"].read() == big.read_bytes()
        await s3.delete_object(Bucket="aioboto3", Key=listed["Key"])
        await s3.delete_bucket(Bucket="aioboto3")
    async with session.client("sqs") as sqs:
        url = (await sqs.create_queue(QueueName="aioboto3"))["QueueUrl"]
        await sqs.send_message(QueueUrl=url, MessageBody="hello")
        [message] = (await sqs.receive_message(QueueUrl=url))["Messages"]
        assert message["Body"] == "hello"


asyncio.run(main(Path(sys.argv[1])))
