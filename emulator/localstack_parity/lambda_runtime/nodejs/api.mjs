// The client of the Lambda Runtime API ("Using the Lambda runtime API for custom runtimes").

import { Agent, request } from "node:http";

import { described } from "./errors.mjs";

const PATH = "/2018-06-01/runtime";

export class RuntimeApi {
  #host;
  #port;
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #requestId;

  constructor(address) {
    [this.#host, this.#port] = address.split(":");
  }

  // Waits for an invocation and returns its id, event (as JSON) and headers.
  async next() {
    const { headers, body } = await this.#send("GET", "/invocation/next");
    this.#requestId = headers["lambda-runtime-aws-request-id"];
    return { id: this.#requestId, event: body, headers };
  }

  // Answers the invocation with a value, which has to be JSON.
  async succeed(value) {
    await this.#send("POST", `/invocation/${this.#requestId}/response`, asJson(value));
  }

  // Answers the invocation, or before the first one the init phase, with an error.
  async fail(error) {
    const place = this.#requestId ? `/invocation/${this.#requestId}/error` : "/init/error";
    await this.#send("POST", place, asJson(described(error)));
  }

  #send(method, path, text = "") {
    const body = Buffer.from(text);
    const headers = { "Content-Type": "application/json", "Content-Length": body.length };
    const options = { host: this.#host, port: this.#port, path: PATH + path, method, agent: this.#agent };
    return new Promise((resolve, reject) => {
      const sent = request(body.length ? { ...options, headers } : options, (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("end", () =>
          resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }),
        );
        response.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }
}

function asJson(value) {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? "null";
  } catch {
    throw new Error("Unable to stringify response body");
  }
}
