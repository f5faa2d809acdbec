// Streamed responses, which are not emulated: a handler that asks for one is refused as it is loaded.

// Makes the global that AWS's runtime has for it.
export function refuseStreaming() {
  globalThis.awslambda = {
    streamifyResponse() {
      throw new Error(
        "awslambda.streamifyResponse is not emulated here: return the response as a whole.",
      );
    },
  };
}
