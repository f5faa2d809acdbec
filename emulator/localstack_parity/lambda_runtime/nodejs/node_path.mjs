// Lets ES modules be imported from the folders in NODE_PATH, as AWS's build of Node.js does since 18
// ("Designating a function handler as an ES module"): what layers and the runtime bring along.

import module from "node:module";

export function searchNodePath() {
  if (module.registerHooks) module.registerHooks({ resolve: resolveSync });
  else module.register(import.meta.url);
}

// For Node.js before 22.15, which runs this module in a thread of its own.
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    for (const parentURL of elsewhere(specifier, error)) {
      try {
        return await next(specifier, { ...context, parentURL });
      } catch {
        continue;
      }
    }
    throw error;
  }
}

function resolveSync(specifier, context, next) {
  try {
    return next(specifier, context);
  } catch (error) {
    for (const parentURL of elsewhere(specifier, error)) {
      try {
        return next(specifier, { ...context, parentURL });
      } catch {
        continue;
      }
    }
    throw error;
  }
}

// The places beside which a package is looked for that is not where the importing module is.
function elsewhere(specifier, error) {
  if (error?.code !== "ERR_MODULE_NOT_FOUND" || /^[./]|^[a-z]+:/.test(specifier)) return [];
  const folders = (process.env.NODE_PATH ?? "").split(":");
  const end = "/node_modules";
  return folders
    .filter((folder) => folder.endsWith(end))
    .map((folder) => `file://${folder.slice(0, -end.length)}/any.mjs`);
}
