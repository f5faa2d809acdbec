// Invocations of Node.js 24: a handler returns its answer or a promise of it, and nothing waits for
// the event loop. AWS: Compute Blog, "Node.js 24 runtime now available in AWS Lambda".

import { logError, setRequestId } from "./console.mjs";
import { contextOf } from "./context.mjs";
import { CallbackHandlerDeprecated } from "./errors.mjs";

// Throws CallbackHandlerDeprecated for a handler with a parameter for the callback.
export function refuseCallbacks(handler) {
  if (handler.length < 3) return;
  throw new CallbackHandlerDeprecated(
    "ERROR: AWS Lambda has removed support for callback-based function handlers starting with " +
      "Node.js 24. You need to modify this function to use a supported handler signature to use " +
      "Node.js 24 or later. For more information see " +
      "https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.",
  );
}

// Serves invocations until the process ends.
export async function servePromises(api, handler) {
  for (;;) {
    const invocation = await api.next();
    setRequestId(invocation.id);
    try {
      await api.succeed(await handler(JSON.parse(invocation.event), contextOf(invocation)));
    } catch (error) {
      logError("Invoke Error", error);
      await api.fail(error);
    }
  }
}
