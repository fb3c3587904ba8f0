// Sends files, 4 at a time, with progress; tries again after a lost line, goes on after a reload.
// Event "upload" of `uploads`: {imageId, phase: waiting|sending|paused|sent|failed, share: 0..1, words}.

import {Refusal, pause, post} from "./api.js";
import {ask, several} from "./dom.js";
import {forget, forgetAll, keep, unsent} from "./kept.js";
import {session} from "./session.js";

const AT_ONCE = 4;
const LONGEST_PAUSE = 20_000;
const STALLED = 60_000; // ms without a byte

export const uploads = new EventTarget();
const states = new Map(); // image id -> the latest event's detail
const files = new Map(); // image id -> File, for previews
const waiting = [];
let active = 0;

export const stateOf = (imageId) => states.get(imageId);
export const fileOf = (imageId) => files.get(imageId);

/** Files that are planned: [{imageId, projectId, file, form}]. Returns once the browser has them. */
export async function send(planned) {
  for (const each of planned) {
    files.set(each.imageId, each.file);
    tell(each.imageId, "waiting", 0);
  }
  await Promise.all(planned.map(({imageId, projectId, file}) => keep({
    image_id: imageId, owner: session.account.id, project_id: projectId, file,
  })));
  waiting.push(...planned);
  fill();
}

/** After a reload: what is still unsent, unless another tab sends it. */
export async function resumeUploads() {
  const rows = (await unsent(session.account.id)).filter((row) => !states.has(row.image_id));
  for (const row of rows) {
    files.set(row.image_id, row.file);
    tell(row.image_id, "waiting", 0);
    waiting.push({imageId: row.image_id, projectId: row.project_id, file: row.file, form: null});
  }
  fill();
}

/** Before signing out: false when the person rather waits. */
export async function abandonUploads() {
  const left = await unsent(session.account.id);
  if (left.length && !(await ask("Sign out?", `${several(left.length, "photo")} would not be sent.`, "Sign out"))) return false;
  await forgetAll();
  return true;
}

export async function drop(imageId) {
  const at = waiting.findIndex((each) => each.imageId === imageId);
  if (at >= 0) waiting.splice(at, 1);
  states.delete(imageId);
  await forget(imageId);
}

function fill() {
  while (active < AT_ONCE && waiting.length) {
    active += 1;
    work(waiting.shift()).finally(() => { active -= 1; fill(); });
  }
}

/** One tab sends a file; the others only watch. */
function work(task) {
  return navigator.locks.request(`upload-${task.imageId}`, {ifAvailable: true}, (lock) => {
    if (lock) return persist(task);
    states.delete(task.imageId);
    return null;
  });
}

async function persist(task) {
  for (let tried = 1; states.has(task.imageId); tried += 1) {
    try {
      task.form ??= await post(`/v1/images/${task.imageId}/upload-url`);
      tell(task.imageId, "sending", 0);
      await transfer(task);
      return await done(task, "sent");
    } catch (error) {
      if (isOver(error)) return done(task, "sent"); // it arrived before, or is gone
      if (error instanceof Refusal || error.final) return done(task, "failed", error.message);
      task.form = error.fresh ? null : task.form;
      tell(task.imageId, "paused", 0, navigator.onLine ? "The line was lost; trying again." : "Offline; going on when the line is back.");
      await lineOrPause(Math.min(1000 * 2 ** tried, LONGEST_PAUSE));
    }
  }
  return null;
}

function isOver(error) {
  return error instanceof Refusal && (error.code === "image_not_awaiting_upload" || error.status === 404);
}

async function done(task, phase, words = "") {
  tell(task.imageId, phase, 1, words);
  await forget(task.imageId);
}

/** One form to the store. Errors: `final` with words, `fresh` when a new form is needed, else the line. */
function transfer({imageId, file, form}) {
  return new Promise((resolve, reject) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
    body.append("file", file);
    const request = new XMLHttpRequest();
    let stall = 0;
    const alive = () => {
      clearTimeout(stall);
      stall = setTimeout(() => request.abort(), STALLED);
    };
    request.upload.onprogress = (event) => {
      alive();
      tell(imageId, "sending", event.lengthComputable ? event.loaded / event.total : 0);
    };
    request.onload = () => {
      if (request.status < 300) resolve();
      else if (request.responseText.includes("EntityTooLarge")) reject(final("The file is larger than announced. Drop it again."));
      else if (request.status === 403) reject(Object.assign(new Error("expired"), {fresh: true}));
      else if (request.status < 500) reject(final("The photo was not accepted. Drop it again."));
      else reject(new Error("busy"));
    };
    request.onerror = request.onabort = () => reject(new Error("line"));
    request.onloadend = () => clearTimeout(stall);
    request.open("POST", form.url);
    alive();
    request.send(body);
  });
}

function final(words) {
  return Object.assign(new Error(words), {final: true});
}

function lineOrPause(milliseconds) {
  const back = new Promise((resolve) => { addEventListener("online", resolve, {once: true}); });
  return Promise.race([back, pause(milliseconds)]);
}

function tell(imageId, phase, share, words = "") {
  const detail = {imageId, phase, share, words};
  states.set(imageId, detail);
  uploads.dispatchEvent(new CustomEvent("upload", {detail}));
}
