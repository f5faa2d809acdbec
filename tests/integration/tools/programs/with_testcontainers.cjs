// testcontainers for Node.js: the emulator's image as LocalStack's, and a program of the AWS SDK in it.
// node with_testcontainers.cjs MODULES IMAGE PROGRAM ARGUMENTS
const { execFileSync } = require("node:child_process");
const { createRequire } = require("node:module");

const [modules, image, ...program] = process.argv.slice(2);
const { LocalstackContainer } = createRequire(`${modules}/`)("@testcontainers/localstack");

async function run() {
  const container = await new LocalstackContainer(image).start();
  try {
    const env = { ...process.env, AWS_ENDPOINT_URL: container.getConnectionUri() };
    execFileSync(process.execPath, program, { env, stdio: "inherit" });
  } finally {
    await container.stop();
  }
}

run().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
