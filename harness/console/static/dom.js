// Elements from data. Everything that comes from a target becomes a text node: it is never parsed.

export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// Characters that would turn around what stands beside them, or show nothing at all.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

export function visible(text) {
  const named = (char) => `\u27e8U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
  return String(text).replace(INVISIBLE, named);
}

// A key, cut in the middle where it is long; the whole of it as its title.
export function keyText(key, longest = 60) {
  const whole = visible(key);
  const half = Math.floor(longest / 2);
  const cut = whole.length > longest ? `${whole.slice(0, half)}…${whole.slice(-half)}` : whole;
  return el("bdi", { class: "key", title: whole }, cut);
}

export function clock(seconds) {
  return seconds ? new Date(seconds * 1000).toISOString().slice(11, 19) : "";
}

export function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export function duration(ms) {
  if (ms === null || ms === undefined) return "";
  return ms < 1000 ? `${Math.max(0, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

// Replaces what `parent` holds, but leaves the focus on the row or control where it was.
export function show(parent, ...children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  parent.replaceChildren(...children.filter(Boolean));
  if (focused) parent.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

export function copyButton(text) {
  const button = el("button", { type: "button", class: "copy", onclick: copy }, "copy");
  async function copy() {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
    setTimeout(() => (button.textContent = "copy"), 1500);
  }
  return button;
}
