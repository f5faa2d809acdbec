// The runtime's own errors, and how any error is posted and logged.

import { types } from "node:util";

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    Object.defineProperty(this, "name", { value: `Runtime.${name}` }); // not a field in logs
    this.stack = this.stack.replace(/^[^\n]*?Error: /, `${this.name}: `);
  }
}

export class ImportModuleError extends RuntimeError {
  constructor(cause) {
    super("ImportModuleError", String(cause));
  }
}

export class UserCodeSyntaxError extends RuntimeError {
  constructor(cause) {
    super("UserCodeSyntaxError", String(cause));
    // Where in the code it is stands before the message of the engine.
    if (typeof cause.stack === "string") {
      this.stack = `${this.name}: ${this.message}\n${cause.stack}`;
    }
  }
}

export class HandlerNotFound extends RuntimeError {
  constructor(message) {
    super("HandlerNotFound", message);
  }
}

export class MalformedHandlerName extends RuntimeError {
  constructor(message) {
    super("MalformedHandlerName", message);
  }
}

export class CallbackHandlerDeprecated extends RuntimeError {
  constructor(message) {
    super("CallbackHandlerDeprecated", message);
  }
}

export class NodeJsExit extends RuntimeError {
  constructor() {
    super(
      "NodeJsExit",
      "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly " +
        "caused by a Promise that was never settled. For more information, see " +
        "https://nodejs.org/docs/latest/api/process.html#exit-codes",
    );
  }
}

export class UnhandledPromiseRejection extends RuntimeError {
  constructor(reason) {
    super("UnhandledPromiseRejection", String(reason));
    this.reason = reason;
  }
}

// Returns an error as the Runtime API takes it; what is no error has the name of its type.
export function described(error) {
  try {
    if (isError(error)) {
      const { name, message, stack } = error;
      return { errorType: name, errorMessage: message, trace: (stack ?? "").split("\n") };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or more " +
        "of its message, name, and stack",
      trace: [],
    };
  }
}

// Returns an error as one line of the text format has it.
export function asLine(error) {
  try {
    return JSON.stringify(error, (_key, value) => (value instanceof Error ? fields(value) : value));
  } catch {
    return JSON.stringify(described(error));
  }
}

export function asError(value) {
  return value instanceof Error ? value : new Error(String(value));
}

function fields(error) {
  const { message, code, stack } = error;
  const shown = { errorType: error.name, errorMessage: message, code, ...error };
  if (typeof stack === "string") shown.stack = stack.split("\n");
  return shown;
}

function isError(value) {
  const textual = (part) => typeof part === "string" && part !== "";
  return (
    types.isNativeError(value) ||
    (value && textual(value.name) && textual(value.message) && textual(value.stack))
  );
}
