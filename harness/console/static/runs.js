// Runs: what runs now, the scenarios that can be started, the reports, and two of them compared.

import { ask, change } from "./api.js";
import { copyButton, duration, el, show, visible } from "./dom.js";
import { progress } from "./progress.js";

export const NAME = "runs";
export const TITLE = "Runs";
export const EVENTS = ["runs", "state"];

const VERDICTS = { passed: ["✔", "good"], failed: ["✖", "bad"], "ended early": ["◐", "busy"] };

let parts = null;
let known = {};
let listed = ""; // which reports are shown: how many there are, and the newest
let chosen = []; // names of reports to compare, at most two

export function mark(latest) {
  return latest.runs?.under_way.length ? "◐" : "";
}

export function open(main, latest) {
  listed = "";
  chosen = [];
  const scenario = el("select", { id: "scenario" });
  const field = (id, placeholder) => el("input", { id, type: "text", inputmode: "numeric", placeholder, size: "7", autocomplete: "off" });
  const images = field("images", "as usual"), day = field("day", "e.g. 60s");
  const start = el("button", { type: "submit", id: "start" }, "Start");
  const stop = el("button", { type: "button", id: "stop", hidden: true, onclick: () => send("/api/run/stop", {}) }, "Stop, and report what is known");
  const named = (text, input) => el("label", { class: "field" }, text, input);
  const form = el("form", { class: "bar form", "aria-label": "Start a scenario" },
    named("Scenario", scenario), named("Images", images), named("Day", day), start, stop);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = (input) => (input.disabled ? "" : input.value.trim());
    send("/api/run", { scenario: scenario.value, images: typed(images), day: typed(day) });
  });
  parts = {
    scenario, images, day, start, stop,
    about: el("p", { class: "note", id: "about" }),
    said: el("p", { class: "said", role: "status" }),
    now: el("div", {}),
    ended: el("p", { class: "said", role: "status" }),
    output: el("pre", { class: "log output", tabindex: "0", "aria-label": "Output of the run", hidden: true }),
    choose: el("button", { type: "button", id: "compare", disabled: true, onclick: compare }, "Compare two"),
    hint: el("span", { class: "note" }, "Tick two reports to see them side by side."),
    list: el("ul", { class: "rows" }),
    note: el("p", { class: "note" }),
    story: el("section", { id: "story", "aria-label": "Comparison", hidden: true }),
  };
  scenario.addEventListener("change", about);
  main.append(
    el("h2", {}, "Start a scenario"), form, parts.about, parts.said, parts.now, parts.ended, parts.output,
    el("div", { class: "bar heading" }, el("h2", {}, "Reports"), parts.choose, parts.hint),
    el("div", { class: "split" }, el("div", {}, parts.list, parts.note), parts.story),
  );
  fillScenarios();
  update(latest);
}

export function close() {
  parts = null;
}

export function escape() {
  parts.story.hidden = true;
}

export function update(latest) {
  known = latest;
  if (!parts || !latest.runs) return;
  const { under_way: running, started, reports } = latest.runs;
  show(parts.now, ...running.map(progress));
  parts.start.disabled = running.length > 0 || Boolean(started?.running) || latest.state?.ours === false;
  parts.stop.hidden = !started?.running;
  if (started) showOutput(started);
  if (listed !== String(reports)) {
    listed = String(reports);
    load();
  }
}

function showOutput(started) {
  const { output } = parts;
  const text = [`$ ${started.command}`, ...started.lines.map(visible)].join("\n");
  const bottom = output.hidden || output.scrollTop + output.clientHeight >= output.scrollHeight - 4;
  output.hidden = false;
  if (output.textContent !== text) output.textContent = text;
  if (bottom) output.scrollTop = output.scrollHeight;
  const verdict = { 0: ["good", "✔ passed"], 1: ["bad", "✖ failed"] }[started.code] ?? ["busy", `◐ ended with exit code ${started.code}`];
  parts.ended.className = `said ${started.running ? "" : verdict[0]}`;
  parts.ended.textContent = started.running ? "" : `${started.scenario}: ${verdict[1]}`;
}

async function fillScenarios() {
  const mine = parts;
  try {
    const { scenarios } = await ask("/api/scenarios");
    if (parts !== mine) return;
    parts.scenario.replaceChildren(...scenarios.map((each) => el("option", { value: each.name, "data-title": each.title, "data-options": each.options.join(" ") }, each.name)));
    about();
  } catch (error) {
    if (parts === mine) problem(error);
  }
}

function about() {
  const { title = "", options = "images day" } = parts.scenario.selectedOptions[0]?.dataset ?? {};
  parts.about.textContent = title;
  for (const name of ["images", "day"]) parts[name].disabled = !options.split(" ").includes(name);
}

async function send(path, parameters) {
  const mine = parts;
  parts.said.className = "said";
  parts.said.textContent = "";
  try {
    await change(path, parameters);
  } catch (error) {
    if (parts === mine) problem(error);
  }
}

function problem(error) {
  parts.said.className = "said problem";
  parts.said.textContent = error.message;
}

async function load() {
  const mine = parts;
  try {
    const found = await ask("/api/reports");
    if (parts === mine) showReports(found);
  } catch (error) {
    if (parts === mine) problem(error);
  }
}

function showReports({ folder, total, reports }) {
  show(parts.list, ...reports.map(row));
  const more = total > reports.length ? `${total - reports.length} more are not shown. ` : "";
  parts.note.textContent = reports.length ? `${more}All of them are in ${folder}.` : `No run has been finished yet. Start one above; its report will be in ${folder}.`;
}

function row(report) {
  const [sign, colour] = VERDICTS[report.verdict] ?? ["?", ""];
  const box = el("input", { type: "checkbox", "aria-label": `Compare ${report.name}`, "data-id": `compare ${report.name}`, disabled: !report.compares, checked: chosen.includes(report.name) });
  box.addEventListener("change", () => choose(report.name, box.checked));
  const when = report.started.replace("T", " ").slice(0, 19);
  const facts = [report.p95_ms ? `p95 ${duration(report.p95_ms)}` : "", report.per_s ? `${report.per_s.toFixed(1)}/s` : ""].filter(Boolean).join(", ");
  const link = el(report.page ? "a" : "span", {
    class: "row report", href: report.page ? `/reports/${report.name}/report.html` : null,
    target: "_blank", rel: "noopener", "data-row": true, "data-id": report.name,
  },
  el("time", { title: "UTC" }, when), el("b", {}, report.scenario),
  el("span", { class: `verdict ${colour}` }, `${sign} ${report.verdict}`),
  el("span", { class: "key" }, visible(report.said)), el("span", { class: "took" }, facts));
  return el("li", { class: "choice" }, box, link);
}

function choose(name, on) {
  chosen = on ? [...chosen, name].slice(-2) : chosen.filter((each) => each !== name);
  for (const box of parts.list.querySelectorAll("input")) box.checked = chosen.includes(box.dataset.id.slice("compare ".length));
  parts.choose.disabled = chosen.length !== 2;
}

async function compare() {
  const mine = parts;
  const [before, after] = [...chosen].sort();
  try {
    const found = await ask("/api/compare", { before, after });
    if (parts === mine) showComparison(found);
  } catch (error) {
    if (parts === mine) problem(error);
  }
}

function showComparison(found) {
  const command = `tapstack compare ${found.before} ${found.after}`;
  const words = { better: "good", worse: "bad" };
  const rows = found.rows.map((each) => el("tr", {},
    el("th", { scope: "row" }, each.name), el("td", {}, each.before), el("td", {}, each.after),
    el("td", { class: words[each.kind] ?? "" }, each.kind === "same" ? each.change : `${each.change} ${each.kind}`)));
  const list = (lines) => el("ul", {}, ...lines.map((line) => el("li", {}, visible(line))));
  show(parts.story,
    el("div", { class: "title" }, el("h2", {}, "Compared"),
      el("button", { type: "button", "data-id": "close", "aria-label": "Close", title: "Close (Esc)", onclick: escape }, "×")),
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Figures" }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", {}, ""), ...[found.before, found.after].map((name) => el("th", { scope: "col" }, name.replace("-", " "))), el("th", { scope: "col" }, "change"))),
      el("tbody", {}, ...rows))),
    found.differences.length ? el("h3", {}, "Asked for differently") : null,
    found.differences.length ? list(found.differences) : null,
    el("h3", {}, "Checks"), found.checks.length ? list(found.checks) : el("p", { class: "note" }, "No check has changed."),
    el("p", { class: "note" }, "The same as: ", el("code", {}, command), " ", copyButton(command)));
  parts.story.hidden = false;
}
