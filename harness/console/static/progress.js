// A run under way: its name, how far it is, and how long it will take.

import { clock, el } from "./dom.js";

export function progress(run) {
  const { images, uploaded, processed, left_s: left } = run.counts;
  const name = el("b", {}, run.scenario);
  const where = ` on ${run.stack}, since ${clock(run.began)} UTC`;
  if (!images) return el("div", { class: "progress" }, el("span", {}, "◐ ", name, where));
  const number = (count) => count.toLocaleString("en");
  const said = [
    `${number(processed)} of ${number(images)} images processed`,
    uploaded < images ? `${number(uploaded)} uploaded` : "all uploaded",
    left === null ? "" : processed < images ? `${minutes(left)} left` : "reading the outputs once more",
  ].filter(Boolean).join(", ");
  return el("div", { class: "progress" },
    el("span", {}, "◐ ", name, where),
    el("progress", { max: images, value: processed, "aria-label": `${run.scenario}: images processed` }),
    el("span", { class: "counts" }, said));
}

function minutes(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
