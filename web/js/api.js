// Calls of the public API. A refusal becomes a `Refusal` with the words of the problem document.

import {config} from "./config.js";
import {accessToken, renew} from "./signin.js";

const PATIENCE = 30_000; // ms for one answer
const TRIES = 4; // of calls that may be repeated

export class Refusal extends Error {
  constructor(status, problem) {
    super([problem.title, problem.detail].filter(Boolean).map(sentence).join(" ") || `The server answered ${status}.`);
    Object.assign(this, {status, code: problem.code, problem});
  }
}

export class LineLost extends Error {
  constructor() { super("The server cannot be reached. Check your connection; what you did is kept."); }
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body, crypto.randomUUID());
export const patch = (path, body) => call("PATCH", path, body);
export const put = (path, body) => call("PUT", path, body);
export const remove = (path) => call("DELETE", path);

/** A body, or null for an empty answer. `key`: an Idempotency-Key, which makes a POST safe to repeat. */
export async function call(method, path, body, key) {
  const repeatable = method === "GET" || Boolean(key);
  for (let tried = 1; ; tried += 1) {
    let answer;
    try {
      answer = await send(method, path, body, key);
      if (answer.status === 401 && tried === 1) {
        await renew();
        continue;
      }
    } catch (error) {
      if (error.name !== "TypeError" && error.name !== "TimeoutError") throw error;
      if (!repeatable || tried >= TRIES) throw new LineLost();
      await pause(400 * 2 ** tried);
      continue;
    }
    if (repeatable && tried < TRIES && [429, 502, 503, 504].includes(answer.status)) {
      const asked = Number(answer.headers.get("retry-after")) || 2 ** tried * 0.4;
      if (asked <= 10) {
        await pause(asked * 1000);
        continue;
      }
    }
    return read(answer);
  }
}

/** Every item of a list, page by page. */
export async function all(path) {
  const items = [];
  for (let cursor = ""; ;) {
    const page = await get(`${path}${path.includes("?") ? "&" : "?"}limit=100${cursor}`);
    items.push(...page.items);
    if (!page.next_cursor) return items;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}

async function send(method, path, body, key) {
  const headers = {authorization: `Bearer ${await accessToken()}`};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  return fetch(config.api + path, {
    method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE),
  });
}

async function read(answer) {
  if (answer.status === 204) return null;
  let body = {};
  try {
    body = await answer.json();
  } catch { /* not ours: a gateway's own page */ }
  if (!answer.ok) throw new Refusal(answer.status, body);
  return body;
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function sentence(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
