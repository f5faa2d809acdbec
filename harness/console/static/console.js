// The frame: pages and their numbers, the one stream of events for all tabs of a page, the keys.

import { el, clock } from "./dom.js";
import * as dashboard from "./dashboard.js";
import * as failures from "./failures.js";
import * as inbox from "./inbox.js";
import * as pipeline from "./pipeline.js";
import * as resources from "./resources.js";
import * as runs from "./runs.js";

const PAGES = [pipeline, dashboard, inbox, failures, runs, resources];
const known = {}; // the latest event of each name
let current = null;
let source = null;

const main = document.getElementById("page");
const state = document.getElementById("state");
const gone = document.getElementById("gone");
const keys = document.getElementById("keys");
const links = PAGES.map((page, index) =>
  el("a", { href: `#${page.NAME}` }, el("kbd", {}, String(index + 1)), ` ${page.TITLE}`, el("span", { class: `mark ${page.NAME}` })),
);
document.getElementById("pages").append(...links);

function open(name) {
  const page = PAGES.find((each) => each.NAME === name) ?? PAGES[0];
  if (current === page) return;
  current?.close?.();
  current = page;
  links.forEach((link, index) => {
    if (PAGES[index] === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  document.title = `${page.TITLE} · TapStack console`;
  document.getElementById("title").textContent = document.title;
  main.replaceChildren();
  page.open(main, known);
  showMarks();
}

function showMarks() {
  PAGES.forEach((page, index) => {
    const mark = page.mark?.(known) ?? "";
    const shown = links[index].querySelector(".mark");
    if (shown.textContent !== mark) shown.textContent = mark;
  });
}

function received(name, data) {
  known[name] = data;
  if (name === "state") showState(data);
  showMarks();
  if (current?.EVENTS.includes(name)) current.update(known);
}

function showState(data) {
  state.className = data.up ? "up" : "down";
  state.textContent = data.up
    ? `● live · ${data.target} · ${data.stack}${data.ours ? "" : " · read-only"}`
    : "○ gone";
  gone.hidden = data.up;
  gone.textContent = data.up ? "" : `Gone since ${clock(data.since)} UTC. ${data.why}`;
  main.classList.toggle("stale", !data.up);
}

function connect() {
  source = new EventSource("/api/stream");
  const names = new Set(["state", ...PAGES.flatMap((page) => page.EVENTS)]);
  for (const name of names) {
    source.addEventListener(name, (event) => received(name, JSON.parse(event.data)));
  }
  source.addEventListener("error", () => {
    state.className = "down";
    state.textContent = "○ the console does not answer";
  });
  source.addEventListener("open", () => known.state && showState(known.state));
}

// Hidden tabs hold no connection: a browser has six for all of them.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) source?.close();
  else connect();
});

function step(by) {
  const rows = [...main.querySelectorAll("[data-row]")];
  const at = rows.indexOf(document.activeElement.closest("[data-row]"));
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
  rows[next]?.focus();
}

// Browsers clear a search field at Escape, but say so to nobody who takes the focus away meanwhile.
function leave(field) {
  if (field.type === "search" && field.value) {
    field.value = "";
    field.dispatchEvent(new Event("input"));
    field.dispatchEvent(new Event("change"));
  }
  field.blur();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches?.("input, textarea, select");
  if (event.key === "Escape" && !keys.open) {
    if (typing) leave(event.target);
    else current?.escape?.();
    return;
  }
  if (typing || keys.open) return;
  const page = PAGES[Number(event.key) - 1];
  if (page) location.hash = page.NAME;
  else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "?") keys.showModal();
  else if (event.key === "/") main.querySelector("input[type=search]")?.focus();
  else return;
  event.preventDefault();
});
document.getElementById("help").addEventListener("click", () => keys.showModal());
window.addEventListener("hashchange", () => open(location.hash.slice(1)));

open(location.hash.slice(1));
if (!document.hidden) connect();
