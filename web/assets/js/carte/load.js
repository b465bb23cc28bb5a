/** The one module of the page that calls fetch: JSON, fragments and whole pages of our address. */

const SIGN_IN = "/connexion/";

async function get(address, accept, signal) {
  const response = await fetch(address, { headers: { Accept: accept }, signal });
  if (response.redirected && new URL(response.url).pathname.startsWith(SIGN_IN)) {
    // The session ended: the page itself leads to signing in, and back.
    location.reload();
    throw new DOMException("signed out", "AbortError");
  }
  if (!response.ok) throw new Error(`${response.status}`);
  return response;
}

/** A JSON document. */
export async function getJson(address, signal) {
  return (await get(address, "application/json", signal)).json();
}

/** A fragment of HTML, as nodes ready to insert (scripts in it do not run). */
export async function getFragment(address, signal) {
  const text = await (await get(address, "text/html", signal)).text();
  const parsed = new DOMParser().parseFromString(text, "text/html");
  return [...parsed.body.childNodes];
}

/** A page of ours: its document and the address it really has, after redirections. */
export async function getPage(address, signal) {
  const response = await get(address, "text/html", signal);
  const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
  return { document: parsed, address: response.url };
}
