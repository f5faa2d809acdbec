// Dashboard: the deployed dashboards, drawn by the server from their own bodies.

import { ask } from "./api.js";
import { clock, copyButton, el, visible } from "./dom.js";

export const NAME = "dashboard";
export const TITLE = "Dashboard";
export const EVENTS = [];

const AGAIN_MS = 10_000;
const MOST_ROWS = 200; // of a table of numbers
const RANGES = [
  ["", "as designed"], ["-PT15M", "15 min"], ["-PT1H", "1 h"], ["-PT3H", "3 h"], ["-PT12H", "12 h"],
  ["-P1D", "1 d"], ["-P3D", "3 d"], ["-P7D", "1 w"],
];
const STATES = { OK: ["✔", "good"], ALARM: ["✖", "bad"], INSUFFICIENT_DATA: ["?", "busy"] };

let range = "";
let name = "";
let timer = null;
let parts = null;
let opened = new Set(); // the details that are open, by widget and name

export function open(main) {
  const chooser = el("select", { "aria-label": "Dashboard" });
  chooser.addEventListener("change", () => { name = chooser.value; refresh(); });
  const ranges = RANGES.map(([start, text]) =>
    el("button", { type: "button", "aria-pressed": String(start === range), onclick: (event) => choose(start, event) }, text));
  parts = {
    chooser,
    ranges,
    said: el("span", { class: "note", role: "status" }, "asking the target …"),
    grid: el("div", { class: "grid" }),
  };
  main.append(el("div", { class: "bar" }, chooser, el("span", { class: "ranges" }, ...ranges), parts.said), parts.grid);
  refresh();
}

export function close() {
  clearTimeout(timer);
  parts = null;
}

export function update() {}

function choose(start, event) {
  range = start;
  for (const button of parts.ranges) button.setAttribute("aria-pressed", String(button === event.target));
  refresh();
}

async function refresh() {
  clearTimeout(timer);
  const mine = parts;
  const theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  try {
    if (!document.hidden) {
      const shown = await ask("/api/dashboard", { start: range, name, theme });
      if (parts !== mine) return;
      showAll(shown);
    }
  } catch (error) {
    if (parts === mine) parts.said.textContent = error.message;
  }
  if (parts === mine) timer = setTimeout(refresh, AGAIN_MS);
}

function showAll(shown) {
  parts.chooser.replaceChildren(...shown.names.map((each) => el("option", { value: each, selected: each === shown.name }, each)));
  parts.said.textContent = shown.name ? `${clock(shown.at)} UTC, every 10 s` : "There is no dashboard: deploy one with the stack.";
  const focus = document.activeElement?.dataset.id;
  parts.grid.replaceChildren(...shown.widgets.map(card));
  if (focus) parts.grid.querySelector(`[data-id="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
}

function card(widget, number) {
  const box = el("section", { class: "card", "data-row": true, tabindex: "0", "data-id": `widget ${number}`, "aria-label": widget.title || widget.type });
  box.style.gridColumn = `${widget.x + 1} / span ${widget.width}`;
  box.style.gridRow = `${widget.y + 1} / span ${widget.height}`;
  if (widget.problem) box.append(el("h2", {}, visible(widget.title)), el("p", { class: "problem" }, visible(widget.problem)));
  if (widget.text) box.append(text(widget.text));
  if (widget.alarms) box.append(el("h2", {}, visible(widget.title)), alarms(widget.alarms, number));
  if (widget.svg) {
    box.append(el("img", { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(widget.svg)}`, alt: words(widget) }));
    box.append(el("div", { class: "more" },
      detail(number, "numbers", () => table(widget)),
      detail(number, "JSON", () => code(JSON.stringify(widget.json, null, 2))),
      detail(number, "GetMetricData", () => code(widget.call))));
  }
  return box;
}

// What the picture says, for those who do not see it.
function words(widget) {
  const said = widget.lines.map((line) => {
    const last = line.points.at(-1);
    return last ? `${line.label}: ${last[1]} at ${clock(last[0])} UTC` : `${line.label}: no data`;
  });
  return `${widget.title}. ${said.join("; ")}`;
}

function detail(number, title, fill) {
  const id = `${number} ${title}`;
  const details = el("details", { open: opened.has(id) }, el("summary", { "data-id": id }, title));
  const filled = () => { if (details.childElementCount === 1) details.append(fill()); };
  if (opened.has(id)) filled();
  details.addEventListener("toggle", () => {
    if (details.open) { opened.add(id); filled(); } else opened.delete(id);
  });
  return details;
}

function table(widget) {
  const times = [...new Set(widget.lines.flatMap((line) => line.points.map(([at]) => at)))].sort((a, b) => b - a);
  if (!times.length) return el("p", { class: "note" }, "No data in this range: nothing was measured.");
  const values = widget.lines.map((line) => new Map(line.points));
  const rows = times.slice(0, MOST_ROWS).map((at) =>
    el("tr", {}, el("th", { scope: "row" }, new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")),
      ...values.map((each) => el("td", {}, each.has(at) ? String(each.get(at)) : ""))));
  const period = widget.periods.map((each) => `${each} s`).join(", ");
  return el("div", { class: "numbers", tabindex: "0" },
    el("p", { class: "note" }, `Period ${period}; times UTC${times.length > MOST_ROWS ? `; the latest ${MOST_ROWS} of ${times.length}` : ""}.`),
    el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, "from"), ...widget.lines.map((line) => el("th", {}, visible(line.label))))),
      el("tbody", {}, ...rows)));
}

function code(text) {
  return el("div", {}, copyButton(text), el("pre", { class: "log", tabindex: "0" }, text));
}

// Markdown without its marks: headings stand out, the rest is as it was written.
function text(markdown) {
  return el("div", { class: "text" }, ...markdown.split("\n").map((line) => {
    const heading = /^#+\s+(.*)/.exec(line);
    return heading ? el("h2", {}, visible(heading[1])) : el("p", {}, visible(line));
  }));
}

function alarms(list, number) {
  return el("ul", { class: "alarms" }, ...list.map((alarm) => {
    const [sign, colour] = STATES[alarm.state] ?? ["–", "bad"];
    const history = alarm.history?.length
      ? detail(number, `${alarm.name} history`, () => el("ol", {}, ...alarm.history.map((each) => el("li", {}, `${clock(each.at)} ${visible(each.text)}`))))
      : null;
    if (history) history.querySelector("summary").textContent = "history";
    return el("li", {}, el("b", { class: colour }, `${sign} ${alarm.state}`), " ", el("span", {}, visible(alarm.name)),
      el("p", { class: "note" }, `${alarm.since ? `since ${clock(alarm.since)} UTC. ` : ""}${visible(alarm.reason)}`), history);
  }));
}
