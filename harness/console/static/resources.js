// Resources: the stack as it is deployed, its objects and its logs. Nothing is changed here.

import { ask } from "./api.js";
import { clock, copyButton, el, keyText, show, size, visible } from "./dom.js";

export const NAME = "resources";
export const TITLE = "Resources";
export const EVENTS = [];

const AGAIN_MS = 3_000; // of a log's tail
let parts = null;
let stack = null;
let timer = null;

export function open(main) {
  parts = {
    kinds: el("div", { class: "bar" }),
    said: el("p", { class: "said", role: "status" }, "asking the target …"),
    body: el("div", {}),
  };
  main.append(parts.kinds, parts.said, parts.body);
  load();
}

export function close() {
  clearTimeout(timer);
  parts = null;
}

export function update() {}

async function load() {
  const mine = parts;
  try {
    stack = await ask("/api/resources");
  } catch (error) {
    if (parts === mine) parts.said.textContent = error.message;
    return;
  }
  if (parts !== mine) return;
  parts.said.textContent = "";
  const kinds = [
    ["Outputs", outputs], ["Stack", resources], ["Events", events], ["Functions and queues", functions],
    ...stack.buckets.map((bucket) => [bucket, () => objects(bucket, "", "")]),
    ...stack.groups.map((group) => [group.replace("/aws/lambda/", "log: "), () => log(group)]),
  ];
  parts.kinds.replaceChildren(...kinds.map(([name, fill]) => el("button", {
    type: "button", "data-row": true, onclick: (event) => choose(event.target, fill),
  }, visible(name))));
  choose(parts.kinds.firstChild, outputs);
}

function choose(button, fill) {
  clearTimeout(timer);
  parts.said.textContent = "";
  for (const each of parts.kinds.children) each.setAttribute("aria-pressed", String(each === button));
  fill();
}

function table(head, rows) {
  return el("div", { class: "wide" }, el("table", {},
    el("thead", {}, el("tr", {}, ...head.map((name) => el("th", {}, name)))),
    el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, cell)))))));
}

function outputs() {
  const rows = Object.entries(stack.outputs).map(([name, value]) => [name, el("span", {}, visible(value), " ", copyButton(value))]);
  show(parts.body, table(["output", "value"], rows));
}

function resources() {
  show(parts.body, table(["resource", "type", "name", "status"],
    stack.resources.map((each) => [each.id, each.type, visible(each.name), each.status])));
}

function events() {
  show(parts.body, table(["UTC", "resource", "status", "reason"],
    stack.events.map((each) => [clock(each.at), each.id, each.status, visible(each.why)])));
}

function functions() {
  show(parts.body, table(["name", ""], [...stack.functions, ...stack.queues].map((each) => [visible(each.name), each.facts])));
}

async function objects(bucket, prefix, after) {
  const mine = parts;
  try {
    const found = await ask("/api/objects", { bucket, prefix, after });
    if (parts === mine) showObjects(bucket, prefix, found);
  } catch (error) {
    if (parts === mine) parts.said.textContent = error.message;
  }
}

function showObjects(bucket, prefix, found) {
  parts.said.textContent = `${bucket}/${visible(prefix)}`;
  const up = prefix.replace(/[^/]*\/$/, "");
  const folder = (text, target) => el("li", {}, el("button", { type: "button", class: "row object", "data-row": true, onclick: () => objects(bucket, target, "") }, text));
  const rows = found.objects.map((each) => {
    const item = el("li", {});
    const button = el("button", { type: "button", class: "row object", "data-row": true, "aria-expanded": "false" },
      keyText(each.key.slice(prefix.length), 80), el("span", { class: "sizes" }, size(each.bytes)), el("time", {}, day(each.at)));
    button.addEventListener("click", () => unfold(item, button, bucket, each.key));
    item.append(button);
    return item;
  });
  show(parts.body, el("ul", { class: "rows" },
    prefix ? folder("..", up) : null, ...found.folders.map((each) => folder(visible(each.slice(prefix.length)), each)), ...rows,
    found.more ? el("li", {}, el("button", { type: "button", class: "row object", "data-row": true, onclick: () => objects(bucket, prefix, found.more) }, "More …")) : null),
  found.objects.length || found.folders.length ? null : el("p", { class: "note" }, "Nothing is in here."));
}

function day(seconds) {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
}

function unfold(item, button, bucket, key) {
  if (item.childElementCount > 1) {
    item.lastChild.remove();
    button.setAttribute("aria-expanded", "false");
    return;
  }
  button.setAttribute("aria-expanded", "true");
  const image = el("img", { src: `/api/object?${new URLSearchParams({ bucket, key })}`, alt: visible(key) });
  const frame = el("div", { class: "frame" }, image);
  image.addEventListener("error", async () => {
    const said = await ask("/api/object", { bucket, key }).catch((error) => error.message);
    frame.replaceChildren(el("p", { class: "note" }, String(said)));
  });
  item.append(frame);
}

function log(group) {
  const pattern = el("input", { type: "search", placeholder: "CloudWatch filter pattern ( / )", "aria-label": "Filter pattern" });
  const lines = el("pre", { class: "log tail", tabindex: "0", "aria-label": "Log lines" });
  const note = el("p", { class: "note" });
  pattern.addEventListener("change", tail);
  show(parts.body, pattern, lines, note);
  const mine = parts;
  async function tail() {
    clearTimeout(timer);
    try {
      const found = await ask("/api/logs", { group, pattern: pattern.value });
      const bottom = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 4;
      const text = found.lines.map(visible).join("\n");
      if (lines.textContent !== text) lines.textContent = text;
      if (bottom) lines.scrollTop = lines.scrollHeight;
      note.textContent = found.total ? `${found.lines.length} of ${found.total} lines of the last ${found.minutes} minutes.` : `No line of the last ${found.minutes} minutes matches.`;
    } catch (error) {
      note.textContent = error.message;
    }
    if (parts === mine && lines.isConnected) timer = setTimeout(tail, AGAIN_MS);
  }
  tail();
}
