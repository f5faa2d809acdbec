// The runtime of Node.js functions: loads the handler, then runs it for one invocation after another.
//
// It behaves as AWS's open-source runtime interface client, of which functions see more than the
// Lambda Developer Guide says ("Define Lambda function handler in Node.js", "Using the Lambda
// context object to retrieve Node.js function information", "Log and monitor Node.js Lambda
// functions"): the words of errors, what an empty event loop means, how lines are written.

import { RuntimeApi } from "./api.mjs";
import { serveCallbacks } from "./callbacks.mjs";
import { logError, patchConsole } from "./console.mjs";
import { UnhandledPromiseRejection } from "./errors.mjs";
import { reachEmulator } from "./https.mjs";
import { load } from "./loading.mjs";
import { searchNodePath } from "./node_path.mjs";
import { refuseCallbacks, servePromises } from "./async_handlers.mjs";
import { refuseStreaming } from "./streaming.mjs";

// Since Node.js 24 AWS has another client: without callbacks, and without a listener for exceptions
// and rejections that nobody handles, which end the process then.
const PROMISES_ONLY = 24;
const EXIT_EXCEPTION = 129;
const EXIT_REJECTION = 128;

const major = Number(process.versions.node.split(".")[0]);
const { LAMBDA_TASK_ROOT, _HANDLER = "", AWS_LAMBDA_RUNTIME_API } = process.env;

async function loadHandler() {
  searchNodePath();
  reachEmulator(process.env.AWS_ENDPOINT_URL);
  refuseStreaming();
  return load(LAMBDA_TASK_ROOT, _HANDLER, major, import.meta.url);
}

async function runWithCallbacks(api) {
  const giveUp = async (title, error, code) => {
    try {
      logError(title, error);
      await api.fail(error);
    } finally {
      process.exit(code);
    }
  };
  process.on("uncaughtException", (error) => giveUp("Uncaught Exception", error, EXIT_EXCEPTION));
  process.on("unhandledRejection", (reason) =>
    giveUp("Unhandled Promise Rejection", new UnhandledPromiseRejection(reason), EXIT_REJECTION),
  );
  try {
    serveCallbacks(api, await loadHandler());
  } catch (error) {
    await giveUp("Uncaught Exception", error, EXIT_EXCEPTION);
  }
}

async function runWithPromises(api) {
  let handler;
  try {
    handler = await loadHandler();
    refuseCallbacks(handler);
  } catch (error) {
    logError("Init Error", error);
    await api.fail(error);
    process.exit(1);
  }
  await servePromises(api, handler);
}

// The SDK's warning that Node.js 20 is old would be an error in every log; AWS's brings an older SDK.
// The variable that silences it would be one that functions do not have on AWS.
const emitWarning = process.emitWarning;
process.emitWarning = (warning, ...rest) => {
  if (!String(warning).startsWith("NodeVersionSupportWarning: The AWS SDK")) {
    emitWarning.call(process, warning, ...rest);
  }
};
patchConsole();
const run = major >= PROMISES_ONLY ? runWithPromises : runWithCallbacks;
run(new RuntimeApi(AWS_LAMBDA_RUNTIME_API)); // without await, so that no exit waits for it
