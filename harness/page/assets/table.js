// The table of all images: sorted, filtered, and only as many rows in the page as can be seen.
const HEIGHT = 28, WINDOW = 40, VIRTUAL = 500, PRINTED = 200;
const columns = [
  { name: "#", text: (i) => String(i + 1), sort: (i) => i },
  { name: "image", left: true, key: true, sort: (i) => rows.key[i], text: (i) => rows.key[i] },
  { name: "outcome", left: true, sort: (i) => rows.outcome[i], text: (i) => `${rows.bad[i] ? "✖ " : ""}${data.outcomes[rows.outcome[i]]}` },
  ...["due", "upload", "wait", "function", "notify", "latency"].map((name) => ({ name, sort: figures[name], text: (i) => time(figures[name](i)) })),
  { name: "sent", sort: figures.sent, text: (i) => bytes(rows.sent[i]) },
  { name: "got", sort: figures.got, text: (i) => bytes(rows.got[i]) },
  { name: "picture", sort: (i) => rows.width[i] * rows.height[i], text: (i) => `${data.forms[rows.form[i]] || "none"} ${rows.width[i]}×${rows.height[i]}` },
  { name: "attempts", sort: figures.attempts, text: (i) => String(rows.attempts[i]) },
  { name: "memory", sort: figures.memory, text: (i) => (rows.memory[i] === null ? "–" : `${rows.memory[i]} MB`) },
  { name: "off by", sort: figures.off, text: (i) => (rows.off[i] === null ? "–" : String(rows.off[i])) },
];
const units = { "": 1, ms: 1, s: 1000, m: 60000, b: 1, kb: 1e3, mb: 1e6 };
const table = { order: [], column: 0, down: false, focus: 0 };

// A test of an image for each word of a query; throws a sentence for what is none.
function parse(query) {
  return (query.match(/"[^"]*"|\S+/g) || []).map((raw) => {
    const word = raw.replace(/^"|"$/g, "");
    const span = /^at:([\d.]+)s?-([\d.]+)s$/.exec(word);
    if (span) return (i) => rows.due[i] >= span[1] * 1000 && rows.due[i] <= span[2] * 1000;
    const is = /^(outcome|form|is):(.+)$/i.exec(word);
    if (is) {
      const value = is[2].toLowerCase();
      if (is[1] === "is" && value === "bad") return (i) => rows.bad[i] === 1;
      if (is[1] === "outcome") {
        if (!data.outcomes.includes(value)) throw `There is no outcome ${value}.`;
        return (i) => data.outcomes[rows.outcome[i]] === value;
      }
      return (i) => data.forms[rows.form[i]].toLowerCase() === value;
    }
    const compared = /^([a-z]+)(<=|>=|<|>|=)([\d.]+)([a-z]*)$/i.exec(word);
    if (compared && figures[compared[1]]) {
      const unit = units[compared[4].toLowerCase()];
      if (unit === undefined) throw `${compared[4]} is no unit: ms, s, m, kB or MB.`;
      const limit = compared[3] * (compared[1] === "memory" ? 1 : unit), figure = figures[compared[1]];
      const test = { "<": (v) => v < limit, ">": (v) => v > limit, "<=": (v) => v <= limit, ">=": (v) => v >= limit, "=": (v) => v === limit }[compared[2]];
      return (i) => figure(i) !== null && test(figure(i));
    }
    if (compared) throw `There is no ${compared[1]}: ${Object.keys(figures).join(", ")}.`;
    const part = word.toLowerCase();
    return (i) => rows.key[i].toLowerCase().includes(part);
  });
}

function filter(query, { write = true } = {}) {
  const error = document.getElementById("query-error");
  let tests;
  try { tests = parse(query); } catch (reason) { error.textContent = String(reason); return; }
  error.textContent = "";
  const kept = [];
  for (let i = 0; i < count; i++) if (tests.every((test) => test(i))) kept.push(i);
  table.order = kept;
  sort();
  for (const card of document.querySelectorAll(".card")) card.hidden = !tests.every((test) => test(Number(card.dataset.index)));
  document.getElementById("shown-count").textContent = kept.length === count ? whole(count) : `${whole(kept.length)} of ${whole(count)}`;
  const state = document.getElementById("filter-state");
  state.hidden = !query;
  state.replaceChildren(...(query ? [`Shown: ${whole(kept.length)} of ${whole(count)} images, ${visible(query)} `, el("button", { type: "button", onclick: () => keepOnly("") }, "show all")] : []));
  if (write) history.replaceState(null, "", query ? `#q=${encodeURIComponent(query)}` : location.pathname + location.search);
  else if (document.getElementById("query").value !== query) document.getElementById("query").value = query;
}

// From a chart: replaces a span of time in the query, keeps its other words.
function keepOnly(word) {
  const input = document.getElementById("query");
  input.value = word ? `${input.value.replace(/at:\S+/g, "").trim()} ${word}`.trim() : "";
  filter(input.value);
}

function sort() {
  const value = columns[table.column].sort, sign = table.down ? -1 : 1;
  const keys = new Array(count);
  for (const i of table.order) keys[i] = value(i);
  table.order.sort((a, b) => {
    const p = keys[a], q = keys[b];
    if (p === null || q === null) return p === q ? a - b : p === null ? 1 : -1;
    return p < q ? -sign : p > q ? sign : a - b;
  });
  columns.forEach((column, c) => column.head.setAttribute("aria-sort", c !== table.column ? "none" : table.down ? "descending" : "ascending"));
  columns.forEach((column, c) => { column.head.querySelector("span").textContent = c !== table.column ? "" : table.down ? " ▾" : " ▴"; });
  table.focus = 0;
  table.scroll.scrollTop = 0;
  fill();
}

function row(place) {
  const i = table.order[place];
  return el("tr", { class: rows.bad[i] ? "bad" : "", "aria-rowindex": String(place + 2), "data-place": String(place), tabindex: place === table.focus ? "0" : "-1" },
    ...columns.map((column) => {
      const text = column.text(i);
      if (column.key) return el("td", { class: "left" }, el("bdi", { class: "key", title: visible(middle(text, 300)) }, visible(middle(text, 48))));
      return el("td", { class: `${column.left ? "left outcome" : ""}${rows.bad[i] && column.name === "outcome" ? " bad" : ""}` }, text);
    }));
}

function fill(all = 0) {
  const total = table.order.length;
  const virtual = total > VIRTUAL && !all;
  const visibleFrom = Math.floor(table.scroll.scrollTop / HEIGHT);
  const from = virtual ? Math.max(0, Math.min(visibleFrom - 10, total - WINDOW)) : 0;
  const to = all ? Math.min(all, total) : virtual ? Math.min(total, from + WINDOW) : total;
  const gap = (n) => (n > 0 ? [el("tr", { class: "spacer", "aria-hidden": "true" }, el("td", { colspan: String(columns.length) }))] : []);
  const focused = document.activeElement && document.activeElement.dataset.place;
  const above = gap(from), below = gap(virtual ? total - to : 0);
  for (const each of above) each.style.height = each.firstChild.style.height = `${from * HEIGHT}px`;
  for (const each of below) each.style.height = each.firstChild.style.height = `${(total - to) * HEIGHT}px`;
  const made = [];
  for (let place = from; place < to; place++) made.push(row(place));
  table.body.replaceChildren(...above, ...made, ...below);
  table.scroll.classList.toggle("short", !virtual);
  table.element.setAttribute("aria-rowcount", String(total + 1));
  if (focused !== undefined && focused !== null) {
    const again = table.body.querySelector(`tr[data-place="${CSS.escape(focused)}"]`);
    if (again) again.focus({ preventScroll: true });
  }
}

function focusRow(place) {
  const to = Math.max(0, Math.min(table.order.length - 1, place));
  const old = table.body.querySelector("tr[tabindex='0']");
  if (old) old.setAttribute("tabindex", "-1");
  table.focus = to;
  const top = to * HEIGHT, view = table.scroll.clientHeight - 2 * HEIGHT;
  if (top < table.scroll.scrollTop) table.scroll.scrollTop = top;
  else if (top > table.scroll.scrollTop + view) table.scroll.scrollTop = top - view;
  fill();
  const now = table.body.querySelector(`tr[data-place="${to}"]`);
  if (now) now.focus({ preventScroll: true });
}

function detail(place) {
  const i = table.order[place];
  const key = data.prefix + rows.key[i];
  const command = el("code", { class: "command" }, `${data.command} explain ${quoted(rows.key[i])} --report ${quoted(data.place)}`);
  const button = el("button", { type: "button" }, "copy");
  button.addEventListener("click", () => copy(command, button));
  table.detail.replaceChildren(
    el("p", {}, el("bdi", { class: "key" }, visible(key)), ` – ${data.outcomes[rows.outcome[i]]}`),
    el("p", { class: "reason" }, data.why[i] ? visible(data.why[i]) : rows.bad[i] ? "The reason is in report.json." : "It is as it should be."),
    el("p", {}, command, " ", button));
}

// As a POSIX shell takes it.
function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\"'\"'")}'`;
}

// One line a row; what a spreadsheet would take for a formula begins with an apostrophe.
function csv() {
  const cell = (value) => {
    let text = value === null || value === undefined ? "" : String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  const names = ["key", "outcome", "due_ms", "upload_ms", "wait_ms", "function_ms", "notify_ms", "latency_ms", "sent_bytes", "got_bytes", "attempts", "memory_mb", "why"];
  const lines = table.order.map((i) => [data.prefix + rows.key[i], data.outcomes[rows.outcome[i]], rows.due[i], ...["upload", "wait", "function", "notify", "latency", "sent", "got", "attempts", "memory"].map((name) => figures[name](i)), data.why[i] || ""].map(cell).join(","));
  return [names.join(","), ...lines].join("\r\n") + "\r\n";
}

function download() {
  const url = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  el("a", { href: url, download: "images.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function showTable() {
  const place = document.querySelector(".table-place");
  if (!place || !count) return;
  for (const column of columns) {
    const c = columns.indexOf(column);
    column.head = el("th", { scope: "col", class: column.left ? "left" : "" }, el("button", { type: "button", onclick: () => {
      table.down = table.column === c && !table.down;
      table.column = c;
      sort();
    } }, column.name, el("span", { "aria-hidden": "true" })));
  }
  table.body = el("tbody");
  table.element = el("table", { "aria-label": "All images", "aria-colcount": String(columns.length) }, el("thead", {}, el("tr", { "aria-rowindex": "1" }, ...columns.map((column) => column.head))), table.body);
  table.scroll = el("div", { class: "grid-scroll", tabindex: "-1" }, table.element);
  table.detail = el("div", { class: "row-detail", "aria-live": "polite" });
  place.append(table.scroll, table.detail);
  let waiting = false;
  table.scroll.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; if (table.order.length > VIRTUAL) fill(); });
  });
  table.body.addEventListener("click", (event) => {
    const found = event.target.closest("tr[data-place]");
    if (!found) return;
    focusRow(Number(found.dataset.place));
    detail(Number(found.dataset.place));
  });
  table.body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -1e9, End: 1e9 }[event.key];
    if (step) { event.preventDefault(); focusRow(table.focus + step); }
    if (event.key === "Enter") detail(table.focus);
  });
  document.querySelector(".tools").hidden = false;
  document.getElementById("csv").addEventListener("click", download);
  const input = document.getElementById("query");
  let typing = 0;
  input.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => filter(input.value), 120); });
  const read = () => {
    let query = "";
    try { query = decodeURIComponent((/^#q=(.*)$/.exec(location.hash) || ["", ""])[1]); } catch { /* no query of ours */ }
    input.value = query;
    filter(query, { write: false });
  };
  addEventListener("hashchange", read);
  read();
}
