// The AWS SDK for JavaScript 3: an upload of a stream in parts, a queue, a topic. node with_sdk.cjs SDK FILE
const { createReadStream, readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const assert = require("node:assert/strict");

const [sdk, big] = process.argv.slice(2);
const load = createRequire(`${sdk}/`);
const s3 = load("@aws-sdk/client-s3");
const { Upload } = load("@aws-sdk/lib-storage");
const sqs = load("@aws-sdk/client-sqs");
const sns = load("@aws-sdk/client-sns");

async function objects() {
  const client = new s3.S3Client({ forcePathStyle: true });
  const at = { Bucket: "javascript", Key: "größe/ü +&.bin" };
  await client.send(new s3.CreateBucketCommand({ Bucket: at.Bucket }));
  await new Upload({ client, params: { ...at, Body: createReadStream(big) } }).done();
  const { Body } = await client.send(new s3.GetObjectCommand(at));
  assert.ok(readFileSync(big).equals(Buffer.from(await Body.transformToByteArray())));
  await client.send(new s3.DeleteObjectCommand(at));
  await client.send(new s3.DeleteBucketCommand({ Bucket: at.Bucket }));
}

async function messages() {
  const queues = new sqs.SQSClient({});
  const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: "javascript" }));
  await queues.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
  const { Messages } = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
  assert.equal(Messages[0].Body, "hello");
  const topics = new sns.SNSClient({});
  const { TopicArn } = await topics.send(new sns.CreateTopicCommand({ Name: "javascript" }));
  assert.ok((await topics.send(new sns.PublishCommand({ TopicArn, Message: "hello" }))).MessageId);
}

objects().then(messages).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
