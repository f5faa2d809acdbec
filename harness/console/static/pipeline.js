// Pipeline: drop a photo, and see what becomes of every upload.

import { change, ask, pictureUrl } from "./api.js";
import { progress } from "./progress.js";
import { clock, copyButton, duration, el, keyText, show, size, visible } from "./dom.js";

export const NAME = "pipeline";
export const TITLE = "Pipeline";
export const EVENTS = ["pipeline", "runs", "state"];

// What each state is called, and the sign that stands for it where colours look alike.
const STATES = {
  waiting: ["◌", "waiting"], running: ["◐", "running"], retrying: ["↻", "retrying"],
  processed: ["✔", "processed"], done: ["✔", "ended"], rejected: ["✖", "rejected"],
  failed: ["✖", "failed"], superseded: ["▪", "superseded"], ignored: ["○", "not for the function"],
};
const idOf = (upload) => `${upload.key} ${upload.version}`;

let parts = null;
let known = {};
let opened = null; // the id of the upload whose story is shown
let opening = null; // the id of one that was sent from here and is to be opened once it appears
let filter = "";
let watched = ""; // the scenario that was seen running

export function open(main, latest) {
  const chooser = el("input", { type: "file", accept: ".jpg,.jpeg,.png", multiple: true, hidden: true });
  chooser.addEventListener("change", () => send([...chooser.files]));
  const drop = el(
    "button", { type: "button", id: "drop", onclick: () => chooser.click() },
    el("strong", {}, "Drop a photo here"), " or press Enter to choose one",
  );
  main.ondragover = (event) => { event.preventDefault(); drop.classList.add("over"); };
  main.ondragleave = () => drop.classList.remove("over");
  main.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    send([...event.dataTransfer.files]);
  };
  const search = el("input", { type: "search", placeholder: "Search keys ( / )", "aria-label": "Search keys" });
  search.addEventListener("input", () => { filter = search.value; update(known); });
  parts = {
    drop,
    said: el("p", { class: "said", role: "status" }),
    runs: el("div", { class: "running" }),
    funnel: el("ol", { class: "funnel", "aria-label": "Stages" }),
    list: el("ul", { class: "rows" }),
    note: el("p", { class: "note" }),
    story: el("section", { id: "story", "aria-label": "The upload", hidden: true }),
  };
  main.append(
    el("div", { class: "top" }, drop, chooser, parts.funnel),
    parts.runs, parts.said,
    el("div", { class: "split" }, el("div", {}, search, parts.list, parts.note), parts.story),
  );
  update(latest);
}

export function close() {
  opened = null;
}

export function escape() {
  opened = null;
  parts.story.hidden = true;
  update(known);
}

async function send(files) {
  for (const file of files) {
    parts.said.className = "said";
    parts.said.textContent = `Sending ${visible(file.name)} …`;
    try {
      const sent = await change("/api/photo", { name: file.name }, "PUT", file);
      opening = idOf(sent);
      parts.said.textContent = "Sent. It appears below in a moment.";
    } catch (error) {
      parts.said.className = "said problem";
      parts.said.textContent = error.message;
      return;
    }
  }
}

export function update(latest) {
  known = latest;
  if (!parts) return;
  const { state, pipeline } = latest;
  if (state?.up) {
    parts.drop.disabled = !state.ours;
    if (!state.ours) parts.drop.textContent = "This target is not ours: it is only looked at";
  }
  showRuns(latest.runs);
  if (!pipeline) return;
  show(parts.funnel, ...funnel(pipeline));
  const found = pipeline.uploads.filter((each) => each.key.includes(filter));
  show(parts.list, ...found.map(row));
  const hidden = pipeline.total - pipeline.uploads.length;
  parts.note.textContent = [
    pipeline.total === 0 ? emptyWords(state) : "",
    pipeline.total && !found.length ? "No key here has that in it." : "",
    hidden > 0 ? `${hidden} older ones of the last hour are counted and not listed.` : "",
    pipeline.complete ? "" : "The bucket has more than 5,000 versions: some uploads appear only once the function logs them.",
  ].join(" ");
  const arrived = found.find((each) => idOf(each) === opening);
  if (arrived) {
    opening = null;
    parts.said.textContent = "";
    openStory(arrived);
  } else if (opened) {
    const upload = pipeline.uploads.find((each) => idOf(each) === opened);
    if (upload && JSON.stringify(upload) !== parts.story.dataset.shown) openStory(upload);
  }
}

// What runs now; once it has ended, where its report is.
function showRuns(runs) {
  if (!runs) return;
  const running = runs.under_way;
  if (running.length) {
    watched = running.at(-1).scenario;
    show(parts.runs, ...running.map(progress));
  } else if (watched) {
    show(parts.runs, el("p", { class: "progress" }, el("span", {}, `${watched} has ended: `, el("a", { href: "#runs" }, "see its report"))));
  }
}

function emptyWords(state) {
  const bucket = state?.bucket ?? "BUCKET";
  return `Nothing was uploaded in the last hour. Drop a photo, or: aws --endpoint-url ${state?.endpoint} s3 cp photo.jpg s3://${bucket}/uploads/photo.jpg`;
}

function funnel(pipeline) {
  const count = (...names) => names.reduce((sum, name) => sum + (pipeline.counts[name] ?? 0), 0);
  const stages = [
    ["uploaded", pipeline.total - count("ignored"), ""],
    ["waiting", count("waiting"), "waiting"],
    ["running", count("running", "retrying"), "running"],
    ["processed", count("processed", "done", "superseded"), "processed"],
    ["rejected", count("rejected"), "rejected"],
    ["failed", count("failed"), "failed"],
  ];
  return stages.map(([name, number, kind]) =>
    el("li", { class: number ? kind : "" }, el("b", {}, String(number)), ` ${name}`),
  );
}

function row(upload) {
  const [sign, word] = STATES[upload.state] ?? ["?", upload.state];
  const waited = upload.began && upload.at ? (upload.began - upload.at) * 1000 : null;
  const button = el(
    "button",
    {
      type: "button", class: `row ${upload.state}`, "data-row": true, "data-id": idOf(upload),
      "aria-expanded": String(opened === idOf(upload)), onclick: () => openStory(upload),
    },
    el("time", { title: "UTC" }, clock(upload.at)),
    keyText(upload.key.replace(/^uploads\//, "")),
    el("span", { class: "sizes" }, size(upload.bytes), upload.output ? ` → ${size(upload.output.bytes)}` : ""),
    el("span", { class: "took" }, upload.ran_ms ? duration(upload.ran_ms) : waited > 1500 ? `waited ${duration(waited)}` : ""),
    el("span", { class: "outcome" }, `${sign} ${word}${upload.attempts > 1 ? `, attempt ${upload.attempts}` : ""}`),
  );
  return el("li", {}, button);
}

async function openStory(upload) {
  opened = idOf(upload);
  parts.story.dataset.shown = JSON.stringify(upload);
  for (const each of parts.list.querySelectorAll(".row")) {
    each.setAttribute("aria-expanded", String(each.dataset.id === opened));
  }
  const log = el("pre", { class: "log", tabindex: "0", "aria-label": "Log lines" }, "");
  show(
    parts.story,
    el("div", { class: "title" }, el("h2", {}, keyText(upload.key, 90)),
      el("button", { type: "button", "data-id": "close", "aria-label": "Close", title: "Close (Esc)", onclick: escape }, "×")),
    upload.why ? el("p", { class: upload.state === "processed" ? "" : "problem" }, visible(upload.why)) : null,
    el("div", { class: "pictures" },
      figure("sent", upload.key, upload.version, "Sent", upload.source ?? { bytes: upload.bytes }),
      upload.output ? figure("got", upload.output.key, upload.output.versionId ?? "", "Came out", upload.output) : null),
    times(upload),
    el("h3", {}, "Log of the function"), log,
  );
  parts.story.hidden = false;
  if (!upload.request_id) {
    log.textContent = upload.state === "ignored"
      ? "S3 notifies the function of other keys only: see Suffixes of BucketNotifications in the template."
      : "The function has not begun yet.";
    return;
  }
  try {
    const story = await ask("/api/story", { request: upload.request_id });
    log.textContent = story.lines.map(visible).join("\n");
  } catch (error) {
    log.textContent = error.message;
  }
}

function figure(bucket, key, version, title, about) {
  const pixels = about.width ? `${about.width} × ${about.height}, ` : "";
  const image = el("img", { src: pictureUrl(bucket, key, version), alt: `${title}: ${visible(key)}` });
  const frame = el("div", { class: "frame" }, image);
  image.addEventListener("error", async () => {
    try {
      await ask("/api/picture", { bucket, key, version });
    } catch (error) {
      frame.replaceChildren(el("p", { class: "note" }, error.message));
    }
  });
  return el("figure", {}, frame, el("figcaption", {}, el("b", {}, title), ` ${pixels}${size(about.bytes)}`));
}

function times(upload) {
  const said = [
    ["Uploaded", `${clock(upload.at)} UTC`],
    ["Began", upload.began ? `${clock(upload.began)} UTC, attempt ${upload.attempts}` : "not yet"],
    ["Function", upload.ran_ms ? duration(upload.ran_ms) : ""],
    ["Notification", upload.announced ? `published ${clock(upload.announced)} UTC` : ""],
    ["Request", upload.request_id],
  ];
  const list = el("dl", { class: "facts" });
  for (const [name, value] of said) if (value) list.append(el("dt", {}, name), el("dd", {}, value));
  list.append(el("dt", {}, "Key"), el("dd", {}, el("bdi", {}, visible(upload.key)), " ", copyButton(upload.key)));
  return list;
}
