// The JSON API of the phone page. Every refusal becomes an Error whose message can be shown as it is.

/** POST `body` to `path`; gives the JSON answer. `last`: the page is being closed, let the request outlive it. */
export async function post(path, body = {}, last = false) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body), keepalive: last,
    });
  } catch {
    throw new Error("The server cannot be reached.");
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.error || `The server answered ${answer.status}.`);
  return found;
}
