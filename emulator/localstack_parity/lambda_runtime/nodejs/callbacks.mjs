// Invocations of Node.js 20 and 22: a handler returns a promise, or calls back.
//
// An answer by callback goes out when the event loop is empty, unless the handler has set
// callbackWaitsForEmptyEventLoop to false; that of a promise goes out at once. Where neither comes
// and the event loop is empty, a handler that is no async function has answered with null.

import { logError, setRequestId } from "./console.mjs";
import { contextOf } from "./context.mjs";
import { NodeJsExit } from "./errors.mjs";

const WARNING =
  "AWS Lambda plans to remove support for callback-based function handlers starting with Node.js 24. " +
  "You will need to update this function to use an async handler to use Node.js 24 or later. For more " +
  "information and to provide feedback on this change, see " +
  "https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/137. To disable this " +
  "warning, set the AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING environment variable.";

const isAsync = (handler) => handler.constructor?.name === "AsyncFunction";

// Serves invocations until the process ends.
export function serveCallbacks(api, handler) {
  let whenIdle = () => {};
  process.on("beforeExit", () => whenIdle());

  if (
    handler.length === 3 &&
    !isAsync(handler) &&
    process.env.AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING === undefined
  ) {
    console.warn(WARNING);
  }

  async function next() {
    const invocation = await api.next();
    setRequestId(invocation.id);
    const answering = answers();
    try {
      const context = Object.assign(answering.context, contextOf(invocation));
      const result = handler(JSON.parse(invocation.event), context, answering.callback);
      if (typeof result?.then === "function") result.then(context.succeed, context.fail);
    } catch (error) {
      answering.callback(error);
    }
  }

  // What a handler answers one invocation with; the first call counts.
  function answers() {
    let waits = true;
    let answered = false;
    const first = (act) => (...given) => {
      if (answered) return;
      answered = true;
      whenIdle = () => {};
      act(...given);
    };
    const given = (error) => error !== undefined && error !== null;
    const fail = async (error) => {
      logError("Invoke Error", error);
      await api.fail(error);
      setImmediate(next);
    };
    const succeed = async (result) => {
      try {
        await api.succeed(result);
      } catch (error) {
        return fail(error);
      }
      setImmediate(next);
    };

    whenIdle = first(() => (isAsync(handler) ? fail(new NodeJsExit()) : succeed(null)));
    return {
      callback: first((error, result) => {
        if (given(error)) fail(error);
        else if (!waits) succeed(result);
        else whenIdle = () => {
          whenIdle = () => {};
          succeed(result);
        };
      }),
      context: {
        get callbackWaitsForEmptyEventLoop() {
          return waits;
        },
        set callbackWaitsForEmptyEventLoop(value) {
          waits = value;
        },
        done: first((error, result) => (given(error) ? fail(error) : succeed(result))),
        succeed: first(succeed),
        fail: first((error) => fail(given(error) ? error : "handled")),
      },
    };
  }

  setImmediate(next);
}
