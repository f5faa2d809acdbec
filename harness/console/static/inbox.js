// Inbox: the mails that SNS would have sent.

import { ask, change } from "./api.js";
import { clock, el, show, visible } from "./dom.js";

export const NAME = "inbox";
export const TITLE = "Inbox";
export const EVENTS = ["inbox", "state"];

let parts = null;
let known = {};
let opened = null;
let seen = 0; // the number of the latest mail when the page was last open
let filter = "";

// How many have come since.
export function mark(latest) {
  const total = latest.inbox?.total ?? 0;
  if (total < seen) seen = 0; // another emulator
  if (parts) seen = total;
  return total > seen ? `●${total - seen}` : "";
}

export function open(main, latest) {
  const search = el("input", { type: "search", placeholder: "Search mails ( / )", "aria-label": "Search mails" });
  search.addEventListener("input", () => { filter = search.value.toLowerCase(); update(known); });
  parts = {
    list: el("ul", { class: "rows" }),
    note: el("p", { class: "note" }),
    story: el("section", { id: "story", "aria-label": "The mail", hidden: true }),
  };
  main.append(el("div", { class: "split" }, el("div", {}, search, parts.list, parts.note), parts.story));
  update(latest);
}

export function close() {
  parts = null;
  opened = null;
}

export function escape() {
  opened = null;
  parts.story.hidden = true;
  update(known);
}

export function update(latest) {
  known = latest;
  if (!parts || !latest.inbox) return;
  seen = latest.inbox.total;
  const { there, mails, total } = latest.inbox;
  const found = mails.filter((mail) => `${mail.to} ${mail.subject} ${mail.excerpt}`.toLowerCase().includes(filter));
  show(parts.list, ...found.map(row));
  parts.note.textContent = !there
    ? "This target keeps no mails: read them where they are sent."
    : total === 0
      ? "No mail yet. An address that is subscribed to a topic gets a confirmation first, then notifications and alarms."
      : total > mails.length ? `The latest ${mails.length} of ${total}; tapstack mail shows all.` : "";
}

function row(mail) {
  return el("li", {}, el("button", {
    type: "button", class: `row mail ${mail.kind}`, "data-row": true, "data-id": `mail ${mail.number}`,
    "aria-expanded": String(opened === mail.number), onclick: () => openMail(mail.number),
  }, el("time", { title: "UTC" }, clock(mail.at)),
  el("span", { class: "key" }, el("b", {}, visible(mail.subject)), el("span", { class: "note" }, ` ${visible(mail.excerpt)}`)),
  el("span", { class: "outcome" }, visible(mail.to))));
}

async function openMail(number) {
  opened = number;
  update(known);
  parts.story.hidden = false;
  try {
    showMail(await ask("/api/mail", { number }));
  } catch (error) {
    show(parts.story, el("p", { class: "problem" }, error.message));
  }
}

function showMail(mail) {
  const facts = el("dl", { class: "facts" });
  const said = [["From", mail.sender], ["To", mail.to], ["Sent", `${new Date(mail.at * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`], ["Topic", mail.topic]];
  for (const [name, value] of said) facts.append(el("dt", {}, name), el("dd", {}, visible(value)));
  show(
    parts.story,
    el("div", { class: "title" }, el("h2", {}, visible(mail.subject)),
      el("button", { type: "button", "data-id": "close", "aria-label": "Close", title: "Close (Esc)", onclick: escape }, "×")),
    facts, confirmation(mail),
    el("pre", { class: "log letter", tabindex: "0" }, mail.text.split("\n").map(visible).join("\n")),
  );
}

function confirmation(mail) {
  if (mail.kind !== "confirmation") return null;
  if (!mail.pending) return el("p", { class: "good" }, "✔ This address is confirmed, or no longer subscribed.");
  const said = el("p", { class: "problem", role: "status" });
  const button = el("button", { type: "button", id: "confirm", disabled: !known.state?.ours }, "Confirm the subscription");
  button.addEventListener("click", async () => {
    try {
      showMail(await change("/api/mail/confirm", { number: mail.number }));
    } catch (error) {
      said.textContent = error.message;
    }
  });
  return el("div", {}, el("p", { class: "busy" }, "◌ This address gets nothing else until it is confirmed."), button, said);
}
