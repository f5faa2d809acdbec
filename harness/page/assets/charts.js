// Charts of the run over time. Each says in words what it shows, has its numbers as a table, and a
// cursor that the arrow keys move.
const FEW = 20; // fewer images than this are dots: a line would claim what lies between
const sync = typeof uPlot === "undefined" ? null : uPlot.sync("run");
const plots = [];

function bins() {
  const notified = rows.due.map((due, i) => (rows.notified[i] === null ? due : due + rows.notified[i]));
  const end = Math.max(data.elapsed * 1000, notified.reduce((a, b) => Math.max(a, b), 0), 1);
  const width = [250, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000, 600000].find((each) => end / each <= 70) || 3600000;
  const length = Math.ceil(end / width) + 1;
  const lists = () => Array.from({ length }, () => []);
  return { width, length, lists, of: (ms) => Math.min(length - 1, Math.max(0, Math.floor(ms / width))),
    x: Array.from({ length }, (_, i) => (i + 0.5) * width / 1000) };
}

function dayChart(b) {
  const due = Array(b.length).fill(0), done = Array(b.length).fill(0), open = Array(b.length).fill(0);
  for (let i = 0; i < count; i++) {
    due[b.of(rows.due[i])] += 1;
    if (rows.notified[i] !== null) done[b.of(rows.due[i] + rows.notified[i])] += 1;
  }
  let waiting = 0;
  for (let i = 0; i < b.length; i++) { waiting += due[i] - done[i]; open[i] = waiting; }
  const most = open.reduce((a, v, i) => (v > open[a] ? i : a), 0);
  const per = (list) => list.map((n) => (n || count >= FEW ? n * 1000 / b.width : null));
  return {
    id: "day", title: "The day: did it keep up?", time: true, left: "images/s", right: "backlog",
    says: open[most] > 0 ? `Due and not yet notified: at most ${whole(open[most])}, at ${time(b.x[most] * 1000)}.` : "Nothing ever waited.",
    x: b.x,
    series: [
      { name: "due", values: per(due), colour: "c1", unit: "/s" },
      { name: "notified", values: per(done), colour: "c3", dash: [6, 3], unit: "/s" },
      { name: "backlog", values: open, colour: "c2", dash: [2, 3], right: true, unit: "" },
    ],
  };
}

function stagesChart(b) {
  const stages = ["upload", "wait", "function", "notify"];
  const found = stages.map(() => b.lists());
  const all = stages.map(() => []);
  for (let i = 0; i < count; i++) {
    stages.forEach((stage, s) => {
      const value = figures[stage](i);
      if (value !== null) { found[s][b.of(rows.due[i])].push(value); all[s].push(value); }
    });
  }
  const mid = (list) => percentile(list.sort((p, q) => p - q), 0.5);
  const medians = found.map((lists) => lists.map(mid));
  const sums = [];
  for (let s = 0; s < stages.length; s++) {
    sums.push(medians[s].map((value, i) => (value === null ? null : (s ? sums[s - 1][i] || 0 : 0) + value / 1000)));
  }
  const whole_ = all.map(mid);
  const largest = whole_.reduce((a, v, i) => (v > (whole_[a] || 0) ? i : a), 0);
  return {
    id: "stages", title: "Where the time went: p50 of each stage", time: true, left: "s", x: b.x,
    says: whole_[largest] === null ? "" : `Most of it: ${stages[largest]}, ${time(whole_[largest])} (p50 of all images).`,
    series: stages.map((name, s) => ({
      name, values: sums[s], shown: medians[s].map((v) => v), colour: ["c5", "c2", "c1", "c4"][s], fill: true, ms: true,
    })).reverse(),
  };
}

function percentileChart(b) {
  const lists = b.lists();
  for (let i = 0; i < count; i++) if (rows.notified[i] !== null) lists[b.of(rows.due[i])].push(rows.notified[i]);
  for (const list of lists) list.sort((p, q) => p - q);
  const of = (p) => lists.map((list) => (list.length ? Math.max(1, percentile(list, p)) / 1000 : null));
  const p95 = of(0.95), worst = p95.reduce((a, v, i) => ((v || 0) > (p95[a] || 0) ? i : a), 0);
  return {
    id: "percentiles", title: "Latency by when an image was due", time: true, left: "s", log: true, x: b.x,
    says: p95[worst] ? `p95 was highest for what was due at ${time(b.x[worst] * 1000)}: ${time(p95[worst] * 1000)}. An image is late after ${data.late} s.` : "",
    series: [
      { name: "p50", values: of(0.5), colour: "c3", unit: " s" },
      { name: "p95", values: p95, colour: "c1", dash: [6, 3], unit: " s" },
      { name: "p99", values: of(0.99), colour: "c2", dash: [2, 3], unit: " s" },
      ...Object.entries(data.limits).map(([name, ms]) => ({
        name: `limit of ${name}`, values: b.x.map(() => ms / 1000), colour: { p50: "c3", p95: "c1", p99: "c2" }[name], dash: [1, 5], unit: " s",
      })),
    ],
  };
}

function distributionChart() {
  const notified = rows.notified.filter((value) => value !== null).map((ms) => Math.max(1, ms)).sort((a, b) => a - b);
  const steps = Math.min(200, notified.length), x = [], y = [];
  for (let i = 0; i < steps; i++) {
    const at = Math.round((i + 1) * notified.length / steps) - 1;
    if (x.length && x[x.length - 1] === notified[at] / 1000) { y[y.length - 1] = 100 * (at + 1) / notified.length; continue; }
    x.push(notified[at] / 1000);
    y.push(100 * (at + 1) / notified.length);
  }
  return {
    id: "distribution", title: "How many were notified within …", left: "% of images", xlog: true, x, max: 100,
    says: notified.length ? `Half within ${time(percentile(notified, 0.5))}, 95 % within ${time(percentile(notified, 0.95))}, all within ${time(notified[notified.length - 1])}.` : "",
    series: [{ name: "notified within", values: y, colour: "c1", unit: " %" }],
  };
}

function functionChart() {
  const { at, ms, ok } = data.invocations;
  const events = [];
  at.forEach((begin, i) => events.push([begin, 1, i], [begin + ms[i], -1, i]));
  events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let running = 0, most = 0;
  const x = [], good = [], bad = [], at_once = [];
  for (const [when, change, i] of events) {
    running += change;
    most = Math.max(most, running);
    x.push(when / 1000);
    at_once.push(running);
    good.push(change > 0 && ok[i] ? ms[i] : null);
    bad.push(change > 0 && !ok[i] ? ms[i] : null);
  }
  const sorted = [...ms].sort((a, b) => a - b), failed = ok.filter((each) => !each).length;
  const series = [{ name: "duration", values: good, colour: "c1", dots: true, unit: " ms" }];
  if (failed) series.push({ name: "failed", values: bad, colour: "bad", dots: true, unit: " ms" });
  series.push({ name: "at once", values: at_once, colour: "c2", dash: [2, 3], right: true, step: true, unit: "" });
  return {
    id: "function", title: "The function: duration, and how many ran at once", time: true, left: "ms", right: "at once", x, series,
    says: ms.length ? `${whole(ms.length)} attempts, ${whole(failed)} failed; p50 ${time(percentile(sorted, 0.5))}, p95 ${time(percentile(sorted, 0.95))}; at most ${most} at once.` : "",
  };
}

function partsChart() {
  const parts = data.parts;
  if (!parts || parts.at.length < 2) return { id: "parts", title: "Memory and processor", time: true, x: [], series: [], says: "",
    empty: parts ? "The run was too short for two samples." : "The processes of this target cannot be seen from here." };
  const names = Object.keys(parts.mb);
  const cpu = parts.at.map((at, i) => (i ? 100 * names.reduce((sum, name) => sum + parts.cpu[name][i] - parts.cpu[name][i - 1], 0) / ((at - parts.at[i - 1]) / 1000) : null));
  const most = names.map((name) => [parts.mb[name].reduce((a, b) => Math.max(a, b), 0), name]).sort((a, b) => b[0] - a[0])[0];
  return {
    id: "parts", title: "Memory of the parts, and processor time", time: true, left: "MB", right: "CPU %", x: parts.at.map((at) => at / 1000),
    says: `Most memory: ${most[1]}, ${whole(Math.round(most[0]))} MB. 100 % is one core.`,
    series: [
      ...names.map((name, i) => ({ name, values: parts.mb[name], colour: ["c1", "c3", "c4"][i % 3], dash: [[], [6, 3], [8, 3, 2, 3]][i % 3], unit: " MB" })),
      { name: "CPU", values: cpu, colour: "c2", dash: [2, 3], right: true, unit: " %" },
    ],
  };
}

function lanesChart() {
  const lanes = data.lanes.filter((lane) => lane.marks.length);
  if (!lanes.length) return null;
  const marks = lanes.flatMap((lane, y) => lane.marks.map(([at, what]) => [at / 1000, y, what])).sort((a, b) => a[0] - b[0]);
  return {
    id: "lanes", title: "What else happened", time: true, left: "", x: marks.map((m) => m[0]), lanes: lanes.map((lane) => lane.name),
    says: lanes.map((lane) => `${lane.name}: ${whole(lane.count)}, first ${visible(middle(lane.marks[0][1], 80))}`).join("; ") + ".",
    series: lanes.map((lane, y) => ({ name: lane.name, values: marks.map((m) => (m[1] === y ? y : null)), what: marks.map((m) => m[2]),
      colour: ["bad", "c2", "c4", "c5"][y % 4], dots: true, unit: "" })),
  };
}

function spans(u) {
  const lane = data.lanes.find((each) => each.spans.length);
  if (!lane) return;
  const { ctx, bbox } = u;
  ctx.save();
  ctx.globalAlpha = 0.12;
  ctx.fillStyle = colour("c5");
  for (const [since, until] of lane.spans) {
    const a = Math.max(bbox.left, u.valToPos(since / 1000, "x", true)), b = Math.min(bbox.left + bbox.width, u.valToPos(until / 1000, "x", true));
    if (b > a) ctx.fillRect(a, bbox.top, b - a, bbox.height);
  }
  ctx.restore();
}

function draw(chart, place, end) {
  const text = colour("quiet"), grid = colour("line"), font = "12px system-ui, sans-serif";
  const axis = (label, scale, more = {}) => ({ scale, label, labelSize: 18, labelFont: font, font, stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, ...more });
  const decades = (u, splits) => splits.map((v) => (Math.abs(Math.log10(v) % 1) < 1e-6 ? v : null));
  const logarithmic = { filter: decades, grid: { stroke: grid, width: 1, filter: decades }, ticks: { stroke: grid, filter: decades } };
  const few = count < FEW && chart.id !== "parts";
  const path = (s) => (s.dots || (few && !s.right) ? () => null : s.step ? uPlot.paths.stepped({ align: 1 }) : undefined);
  const options = {
    width: Math.max(240, place.clientWidth), height: chart.lanes ? 60 + 34 * chart.lanes.length : 220,
    legend: { show: false }, padding: [8, chart.right ? 0 : 12, 0, 0],
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 }, ...(chart.time ? { sync: { key: sync.key, scales: ["x", null] } } : {}) },
    scales: {
      x: { time: false, ...(chart.xlog ? { distr: 3 } : { range: [0, end] }) },
      y: chart.lanes ? { range: [-0.6, chart.lanes.length - 0.4] } : chart.log ? { distr: 3 } : { range: (u, low, high) => [0, chart.max || (high || 1) * 1.08] },
      ...(chart.right ? { r: { range: (u, low, high) => [0, (high || 1) * 1.08] } } : {}),
    },
    axes: [
      axis("", "x", { size: 26, ...(chart.xlog ? logarithmic : {}), values: (u, splits) => splits.map((v) => (v === null ? "" : chart.xlog ? (v >= 1 ? `${+v.toPrecision(3)} s` : `${+(v * 1000).toPrecision(3)} ms`) : `${+v.toPrecision(6)} s`)) }),
      chart.lanes
        ? axis("", "y", { size: 110, splits: chart.lanes.map((_, y) => y), values: (u, splits) => splits.map((y) => chart.lanes[y]) })
        : axis(chart.left, "y", { size: 50, ...(chart.log ? logarithmic : {}), values: (u, splits) => splits.map((v) => (v === null ? "" : short(v))) }),
      ...(chart.right ? [axis(chart.right, "r", { side: 1, size: 46, grid: { show: false }, values: (u, splits) => splits.map(short) })] : []),
    ],
    series: [{}, ...chart.series.map((s) => ({
      scale: s.right ? "r" : "y", stroke: colour(s.colour), width: 1.75, dash: s.dash, paths: path(s), spanGaps: false,
      fill: s.fill && !few ? colour(s.colour) : undefined,
      points: s.dots || (few && !s.right) ? { show: true, size: s.dots && count > 500 ? 3 : 6, fill: colour(s.colour) } : { show: true, filter: isolated, size: 5, fill: colour(s.colour) },
    }))],
    hooks: {
      drawClear: chart.time ? [spans] : [],
      setSelect: [(u) => {
        if (!chart.time || u.select.width < 4) return;
        const [a, b] = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        keepOnly(`at:${Math.max(0, a).toFixed(1)}s-${b.toFixed(1)}s`);
      }],
      setCursor: [(u) => legend(chart, u.cursor.idx)],
    },
  };
  const plot = new uPlot(options, [chart.x, ...chart.series.map((s) => s.values)], place);
  plot.root.setAttribute("aria-hidden", "true");
  if (chart.time) sync.sub(plot);
  return plot;
}

// A point between two gaps has no line through it, so it is drawn as a dot.
function isolated(u, s) {
  const values = u.data[s], found = [];
  values.forEach((v, i) => { if (v !== null && values[i - 1] == null && values[i + 1] == null) found.push(i); });
  return found;
}

function short(v) {
  if (v === null) return "";
  return v >= 1e4 ? `${+(v / 1000).toPrecision(3)}k` : String(+v.toPrecision(4));
}

function legend(chart, at) {
  chart.legend.replaceChildren(...chart.series.slice().reverse().map((s) => {
    const key = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", s.dots ? "circle" : "line");
    const set = s.dots ? { cx: 13, cy: 5, r: 3.5, fill: colour(s.colour) }
      : { x1: 0, y1: 5, x2: 26, y2: 5, stroke: colour(s.colour), "stroke-width": s.fill ? 8 : 2.5, "stroke-dasharray": (s.dash || []).join(" ") };
    key.setAttribute("aria-hidden", "true");
    for (const [name, value] of Object.entries(set)) line.setAttribute(name, value);
    key.append(line);
    const value = at === null || at === undefined ? null : s.ms ? s.shown[at] : s.values[at];
    const said = value === null || value === undefined ? "" : s.what ? visible(middle(s.what[at], 60)) : s.ms ? time(value) : `${+value.toPrecision(4)}${s.unit}`;
    return el("span", {}, key, `${s.name} ${said}`);
  }), ...(chart.time && data.lanes.some((lane) => lane.spans.length) ? [el("span", {}, "▒ this machine's cores were full")] : []),
    ...(at === null || at === undefined || !chart.time ? [] : [`at ${+chart.x[at].toFixed(1)} s`]));
}

function numbers(chart) {
  const step = Math.max(1, Math.ceil(chart.x.length / 200));
  const series = chart.series;
  const cell = (s, i) => (s.ms ? time(s.shown[i]) : s.values[i] === null ? "–" : `${+s.values[i].toPrecision(4)}${s.unit}`);
  const body = [];
  for (let i = 0; i < chart.x.length; i += step) {
    body.push(el("tr", {}, el("th", { scope: "row" }, `${+chart.x[i].toFixed(3)} s`), ...series.map((s) => el("td", {}, cell(s, i)))));
  }
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Numbers of: ${chart.title}` }, el("table", { class: "plain" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "at"), ...series.map((s) => el("th", { scope: "col" }, s.name)))), el("tbody", {}, ...body)));
}

function showCharts() {
  const place = document.querySelector(".charts");
  if (!place || !sync) return;
  const b = bins();
  const charts = [dayChart(b), stagesChart(b), percentileChart(b), distributionChart(), functionChart(), partsChart(), lanesChart()].filter(Boolean);
  const end = b.length * b.width / 1000;
  for (const chart of charts) {
    const has = chart.x.length && chart.series.some((s) => s.values.some((v) => v !== null));
    chart.legend = el("div", { class: "legend", "aria-live": "polite" });
    chart.plot = has ? el("div", { class: chart.lanes ? "plot low" : "plot", tabindex: "0", role: "group", "aria-label": `${chart.title}. ${chart.says} Arrow keys move the cursor.` })
      : el("div", { class: "empty" }, chart.empty || "Nothing was seen of this.");
    const details = el("details", {}, el("summary", {}, "Numbers"));
    details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(numbers(chart)); });
    place.append(el("figure", { class: "chart", id: `chart-${chart.id}` }, el("h3", {}, chart.title), el("figcaption", {}, chart.says),
      ...(has ? [chart.plot, chart.legend, details] : [chart.plot])));
    if (!has) continue;
    let cursor = 0;
    chart.plot.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 }[event.key];
      if (!step) return;
      event.preventDefault();
      cursor = Math.max(0, Math.min(chart.x.length - 1, cursor + step));
      const u = chart.drawn;
      u.setCursor({ left: u.valToPos(chart.x[cursor], "x"), top: 10 });
    });
    const redraw = () => {
      if (chart.drawn) { if (chart.time) sync.unsub(chart.drawn); chart.drawn.destroy(); }
      chart.drawn = draw(chart, chart.plot, end);
      legend(chart, null);
    };
    redraw();
    themed.push(redraw);
    plots.push(chart);
  }
  let wide = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === wide) return;
    wide = place.clientWidth;
    for (const chart of plots) chart.drawn.setSize({ width: Math.max(240, chart.plot.clientWidth), height: chart.drawn.height });
  }).observe(place);
}
