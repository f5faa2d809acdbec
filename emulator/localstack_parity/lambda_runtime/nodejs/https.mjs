// What is HTTPS on AWS is HTTP here: requests for the emulator's address go there without TLS.
//
// Custom resources answer at a URL, and code that does so calls https with the host and path of it,
// on port 443: CloudFormation's module cfn-response, and what is copied from its documentation.

import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { urlToHttpOptions } from "node:url";

// Has https reach the emulator, and every other host as before.
export function reachEmulator(address) {
  if (!address?.startsWith("http:")) return;
  const { hostname, port } = new URL(address);
  for (const name of ["request", "get"]) {
    const secure = https[name];
    https[name] = (...given) => {
      const { hostname: named, host, ...asked } = options(given);
      if ((named ?? host) !== hostname) return secure(...given);
      const here = { ...asked, hostname, port, protocol: "http:", agent: undefined };
      return http[name](here, given.find((one) => typeof one === "function"));
    };
  }
  syncBuiltinESMExports();
}

function options([first, second]) {
  const isUrl = typeof first === "string" || first instanceof URL;
  if (!isUrl) return first;
  return { ...urlToHttpOptions(new URL(first)), ...(typeof second === "object" ? second : {}) };
}
