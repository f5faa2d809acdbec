// Failures: what waits in the failure queue and why; sent again after a look at what would be done.

import { change } from "./api.js";
import { copyButton, el, keyText, show, visible } from "./dom.js";

export const NAME = "failures";
export const TITLE = "Failures";
export const EVENTS = ["failures", "state"];

const ACTIONS = {
  send: ["◌", "would be sent again"], sent: ["✔", "sent again"], repeat: ["▪", "not sent twice"],
  left: ["○", "left alone"], refused: ["✖", "not sent"],
};

let parts = null;
let known = {};
let looked = null; // the count for which the list was asked

export function mark(latest) {
  const waiting = latest.failures?.waiting ?? 0;
  return waiting ? `✖${waiting}` : "";
}

export function open(main, latest) {
  looked = null;
  parts = {
    look: el("button", { type: "button", id: "look", onclick: () => run("0") }, "Look again (dry run)"),
    send: el("button", { type: "button", id: "send", hidden: true, onclick: () => run("1") }, ""),
    said: el("p", { class: "said", role: "status" }),
    list: el("ul", { class: "rows" }),
    command: el("p", { class: "note" }),
  };
  main.append(el("div", { class: "bar" }, parts.look, parts.send), parts.said, parts.list, parts.command);
  update(latest);
}

export function close() {
  parts = null;
}

export function update(latest) {
  known = latest;
  if (!parts || !latest.failures || !latest.state?.up) return;
  const { there, waiting, taken } = latest.failures;
  parts.look.hidden = !waiting;
  if (!there) {
    parts.said.textContent = "The stack has no output FailureQueueUrl, so that its failure queue is not known.";
  } else if (!latest.state.ours) {
    parts.look.disabled = true;
    parts.said.textContent = `${waiting} messages wait. This target is not ours: what is in them is not taken out to be looked at.`;
  } else if (!waiting && looked === null) {
    const held = taken ? ` ${taken} were received by somebody and may come back.` : "";
    parts.said.textContent = `Nothing waits: no invocation has failed for good.${held}`;
  } else if (waiting && looked === null) {
    run("0");
  }
}

async function run(execute) {
  looked = known.failures.waiting;
  const mine = parts;
  parts.send.disabled = true;
  parts.said.textContent = execute === "1" ? "Sending …" : "Looking into the queue …";
  try {
    const done = await change("/api/redrive", { execute });
    if (parts === mine) showDone(done);
  } catch (error) {
    if (parts !== mine) return;
    parts.said.className = "said problem";
    parts.said.textContent = error.message;
  }
}

function showDone(done) {
  parts.said.className = "said";
  parts.said.textContent = done.executed
    ? `${done.sent} of ${done.total} sent to the function again: see Pipeline.`
    : `${done.total} in the queue, of which ${done.to_send} would be sent to the function again. Fix the cause first.`;
  parts.send.hidden = !done.to_send;
  parts.send.disabled = false;
  parts.send.textContent = `Send ${done.to_send} again`;
  show(parts.list, ...done.items.map(row));
  const more = done.total > done.items.length ? `The first ${done.items.length} are listed. ` : "";
  parts.command.replaceChildren(more, "The same as: ", el("code", {}, done.command), " ", copyButton(done.command));
}

function row(item) {
  const [sign, word] = ACTIONS[item.action] ?? ["?", item.action];
  const failure = item.failure;
  const images = failure?.images?.length ? failure.images.map((image) => keyText(image.key, 80)) : [visible(`message ${item.id}`)];
  const tried = failure?.attempts ? ` after ${failure.attempts} attempt${failure.attempts === 1 ? "" : "s"}` : "";
  return el("li", { class: `failure ${item.action}`, "data-row": true, tabindex: "0", "data-id": item.id },
    el("div", {}, ...images, el("span", { class: "outcome" }, ` ${sign} ${word}${item.why ? `: ${visible(item.why)}` : ""}`)),
    failure ? el("p", { class: "note" }, `${failure.condition}${tried} at ${failure.failed_at}, request ${failure.request_id}${failure.before.length ? ", redriven before" : ""}`) : null,
    failure?.error ? el("p", { class: "problem" }, visible(failure.error)) : null);
}
