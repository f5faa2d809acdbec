// What the page asks of its server. The token comes in the link's fragment, which is sent nowhere by
// itself, and is kept for this tab alone.

const given = new URLSearchParams(location.hash.slice(1)).get("token");
let token = "";
try {
  if (given) sessionStorage.setItem("token", given);
  token = sessionStorage.getItem("token") ?? "";
} catch {
  token = given ?? "";
}
if (given) history.replaceState(null, "", location.pathname);

export async function ask(path, parameters = {}, options = {}) {
  const query = new URLSearchParams(parameters);
  let response;
  try {
    response = await fetch(`${path}?${query}`, options);
  } catch {
    throw new Error("The console does not answer: is `tapstack console` still running?");
  }
  const document = await response.json();
  if (!response.ok) throw new Error(document.error ?? `The console answered ${response.status}.`);
  return document;
}

export function change(path, parameters, method = "POST", body = null) {
  return ask(path, parameters, { method, body, headers: { "X-TapStack-Token": token } });
}

export function pictureUrl(bucket, key, version) {
  return `/api/picture?${new URLSearchParams({ bucket, key, version })}`;
}
