// Finds the handler: "folder/module.object.method", below the folder of the package.
//
// AWS: "Define Lambda function handler in Node.js", "Designating a function handler as an ES module".

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

import {
  HandlerNotFound,
  ImportModuleError,
  MalformedHandlerName,
  UserCodeSyntaxError,
} from "./errors.mjs";

const IMPORTS_ALL = 24; // since then CommonJS modules are imported, too

// Returns the function that `name` stands for; `from` is the module that loads it.
export async function load(root, name, major, from) {
  if (name.includes("..")) {
    throw new MalformedHandlerName(
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories ` +
        "in handler names.",
    );
  }
  const last = path.basename(name);
  const folder = name.slice(0, name.indexOf(last));
  const dot = last.indexOf(".");
  if (dot < 0) throw new MalformedHandlerName("Bad handler");
  const module = await loadModule(root, folder, last.slice(0, dot), major, createRequire(from));
  const keys = last.slice(dot + 1).split(".");
  const found = member(module, keys) ?? (major >= IMPORTS_ALL ? member(module?.default, keys) : undefined);
  if (!found) throw new HandlerNotFound(`${name} is undefined or not exported`);
  if (typeof found !== "function") throw new HandlerNotFound(`${name} is not a function`);
  return found;
}

function member(object, keys) {
  return keys.reduce((nested, key) => nested?.[key], object);
}

async function loadModule(root, folder, name, major, require) {
  const place = path.resolve(root, folder, name);
  try {
    for (const file of [place, `${place}.js`, `${place}.mjs`, `${place}.cjs`]) {
      if (!existsSync(file)) continue;
      const imported = file !== place && (major >= IMPORTS_ALL || isEsModule(file));
      return imported ? await import(pathToFileURL(file).href) : require(file);
    }
    return require(require.resolve(name, { paths: [root, path.join(root, folder)] }));
  } catch (error) {
    explainMissingSdk(error);
    if (error instanceof SyntaxError) throw new UserCodeSyntaxError(error);
    if (error?.code === "MODULE_NOT_FOUND") throw new ImportModuleError(error);
    throw error;
  }
}

// Says of a module that AWS's runtime has why this one has it not.
function explainMissingSdk(error) {
  const [, name] = /^Cannot find (?:module|package) '(@aws-sdk\/[^']+)'/.exec(error?.message) ?? [];
  if (!name) return;
  const folders = (process.env.NODE_PATH ?? "").split(":");
  const why = folders.some((folder) => existsSync(path.join(folder, "@aws-sdk")))
    ? "the emulator brings the clients of the services that it has"
    : "the emulator has no AWS SDK: install npm and run ./tapstack install";
  process.stderr.write(`${name} is a part of AWS's runtime and not of this one: ${why}.\n`);
}

function isEsModule(file) {
  if (!file.endsWith(".js")) return file.endsWith(".mjs");
  for (let folder = path.dirname(file); path.basename(folder) !== "node_modules"; ) {
    const description = path.join(folder, "package.json");
    if (existsSync(description)) return JSON.parse(readFileSync(description, "utf8"))?.type === "module";
    const above = path.dirname(folder);
    if (above === folder) return false;
    folder = above;
  }
  return false;
}
