// console as Lambda has it: each call is one log event, with time, request id and level.
//
// Text has them before the message, between tabs; JSON as fields. An event is framed, so that it may
// span lines: type and level (4 bytes), length (4), microseconds since the epoch (8), message.

import { writeSync } from "node:fs";
import { format } from "node:util";

import { asError, asLine } from "./errors.mjs";

const FRAME = 16;
const TEXT = 0xa55a0003;
const JSON_TYPE = 0xa55a0002;
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const METHODS = { trace: "TRACE", debug: "DEBUG", info: "INFO", log: "INFO", warn: "WARN" };

let requestId;
let inJson = false;

export function setRequestId(id) {
  requestId = id;
}

// Replaces the methods of console that have a level; those below the function's level do nothing.
export function patchConsole() {
  const { env } = process;
  const pipe = Number(env._LAMBDA_TELEMETRY_LOG_FD);
  delete env._LAMBDA_TELEMETRY_LOG_FD;
  inJson = env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
  const lowest = Math.max(0, LEVELS.indexOf(env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()));
  for (const [method, level] of Object.entries({ ...METHODS, error: "ERROR", fatal: "FATAL" })) {
    const wanted = level === "FATAL" || LEVELS.indexOf(level) >= lowest;
    console[method] = wanted ? (...parts) => write(pipe, level, parts) : () => {};
  }
}

// Logs an error that ends an invocation or the runtime.
export function logError(title, error) {
  if (inJson) console.error(asError(error));
  else console.error(title, `\t${asLine(asError(error))}`);
}

function write(pipe, level, parts) {
  const now = new Date();
  const time = now.toISOString();
  const text = inJson
    ? record(time, level, parts)
    : `${time}\t${requestId}\t${level}\t${format(...parts)}\n`;
  const message = Buffer.from(text);
  const frame = Buffer.alloc(FRAME + message.length);
  const type = inJson ? JSON_TYPE : TEXT;
  frame.writeUInt32BE((type | ((LEVELS.indexOf(level) + 1) << 2)) >>> 0, 0);
  frame.writeInt32BE(message.length, 4);
  frame.writeBigInt64BE(BigInt(now.valueOf()) * 1000n, 8);
  message.copy(frame, FRAME);
  writeAll(pipe, frame);
}

function record(timestamp, level, parts) {
  const result = { timestamp, level, requestId };
  if (parts.length === 1) {
    try {
      const errors = (_key, value) => (value instanceof Error ? errorFields(value) : value);
      return JSON.stringify({ ...result, message: parts[0] }, errors);
    } catch {
      return JSON.stringify({ ...result, message: format(parts[0]) });
    }
  }
  const error = parts.find((part) => part instanceof Error);
  return JSON.stringify({ ...result, message: format(...parts), ...(error && errorFields(error)) });
}

function errorFields(error) {
  const stack = typeof error.stack === "string" ? error.stack.split("\n") : error.stack;
  const errorType = error.constructor?.name ?? "UnknownError";
  return { errorType, errorMessage: error.message, stackTrace: stack, ...error };
}

// Node.js makes the pipe of standard output one that does not block: wait until it has room.
function writeAll(pipe, data) {
  for (let start = 0; start < data.length; ) {
    try {
      start += writeSync(pipe, data, start);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
