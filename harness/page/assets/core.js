// What the other parts share: the data, elements made of text nodes, numbers in words, the theme.
const data = JSON.parse(document.getElementById("data").textContent);
const rows = data.rows;
const count = rows ? rows.key.length : 0;

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Characters that hide or turn text are shown instead of obeyed.
function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `⟦${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟧`);
}

function middle(text, most) {
  const half = (most - 1) / 2;
  return text.length > most ? `${text.slice(0, Math.ceil(half))}…${text.slice(text.length - Math.floor(half))}` : text;
}

function time(ms) {
  if (ms === null || ms === undefined) return "–";
  if (Math.abs(ms) < 1000) return `${Math.round(ms)} ms`;
  return Math.abs(ms) < 60000 ? `${(ms / 1000).toFixed(Math.abs(ms) < 10000 ? 2 : 1)} s`
    : `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")} min`;
}

function bytes(n) {
  if (n === null) return "–";
  return n < 1e3 ? `${n} B` : n < 1e6 ? `${(n / 1e3).toFixed(0)} kB` : `${(n / 1e6).toFixed(2)} MB`;
}

function whole(n) { return n.toLocaleString("en-US"); }

// Percentile of sorted numbers, between neighbours as numpy has it.
function percentile(sorted, p) {
  if (!sorted.length) return null;
  const at = (sorted.length - 1) * p, low = Math.floor(at), high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

const minus = (a, b) => (a === null || b === null ? null : Math.max(0, a - b));

// What an image has in milliseconds or another number, by the name that people filter by.
const figures = {
  latency: (i) => rows.notified[i],
  due: (i) => rows.due[i],
  upload: (i) => rows.up[i],
  wait: (i) => minus(rows.begin[i], rows.up[i]),
  function: (i) => minus(rows.end[i], rows.begin[i]),
  notify: (i) => minus(rows.notified[i], rows.end[i]),
  sent: (i) => rows.sent[i],
  got: (i) => rows.got[i],
  memory: (i) => rows.memory[i],
  attempts: (i) => rows.attempts[i],
  off: (i) => rows.off[i],
};

function remember(name, value) {
  try { localStorage.setItem(`tapstack-${name}`, value); } catch { /* from disk there may be none */ }
}
function remembered(name) {
  try { return localStorage.getItem(`tapstack-${name}`); } catch { return null; }
}

// --- theme ---
const themed = [];
const dark = matchMedia("(prefers-color-scheme: dark)");
function theme() {
  return document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
}
function setTheme(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  const button = document.getElementById("theme");
  button.textContent = theme() === "dark" ? "light" : "dark";
  button.setAttribute("aria-label", `Switch to ${button.textContent} colours`);
  for (const redraw of themed) redraw();
}
function colour(name) {
  const probe = el("span", { class: "probe" });
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// --- copy ---
for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button.previousElementSibling, button));
}
function copy(source, button) {
  const said = (word) => { button.textContent = word; setTimeout(() => { button.textContent = "copy"; }, 1500); };
  const select = () => {
    getSelection().selectAllChildren(source);
    said("selected");
  };
  if (navigator.clipboard) navigator.clipboard.writeText(source.textContent).then(() => said("copied"), select);
  else select();
}

// --- slider between what came out and what was expected ---
for (const trio of document.querySelectorAll(".trio")) {
  const [, got, wanted] = trio.querySelectorAll(".thumb");
  const images = [got, wanted].map((each) => each && each.querySelector("img"));
  if (!images[0] || !images[1]) continue;
  const [under, over] = images.map((image) => el("img", { src: image.src, alt: "" }));
  const slide = el("input", { type: "range", min: "0", max: "100", value: "50", class: "slide",
    "aria-label": "Left of it what came out, right of it what was expected" });
  const cut = () => { over.style.clipPath = `inset(0 0 0 ${slide.value}%)`; };
  slide.addEventListener("input", cut);
  cut();
  trio.after(el("details", {}, el("summary", {}, "Compare"), el("div", { class: "slider" }, under, over), slide));
}
