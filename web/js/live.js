// Live news: a socket tells at once, `look` tells views to read again. Without a socket `look` comes every 4 s.
// Events: "job" {job}, "image" {image}, "usage" {usage}, "look", "line" {open: boolean}.

import {post} from "./api.js";

const PING_EVERY = 240_000;
const LOOK_EVERY = {open: 20_000, away: 4_000};
const LONGEST_PAUSE = 30_000;
const NAMES = {"job.updated": "job", "image.updated": "image", "usage.updated": "usage"};

export const live = new EventTarget();
let socket = null;
let failures = 0;
let lastLook = 0;
let pingAt = 0;

export function listen() {
  connect();
  setInterval(tick, 1000);
  addEventListener("online", () => { failures = 0; if (!isOpen()) connect(); look(); tell("line", {open: isOpen()}); });
  addEventListener("offline", () => tell("line", {open: false}));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
}

/** For one view: on("job", ...) for each name; returns what ends it. */
export function follow(handlers) {
  const added = Object.entries(handlers).map(([name, run]) => {
    const heard = (event) => run(event.detail);
    live.addEventListener(name, heard);
    return () => live.removeEventListener(name, heard);
  });
  return () => added.forEach((end) => end());
}

function isOpen() {
  return socket?.readyState === WebSocket.OPEN;
}

export function tell(name, detail) {
  live.dispatchEvent(new CustomEvent(name, {detail}));
}

function look() {
  lastLook = Date.now();
  tell("look");
}

function tick() {
  const now = Date.now();
  if (now - lastLook >= (isOpen() ? LOOK_EVERY.open : LOOK_EVERY.away) && !document.hidden) look();
  if (isOpen() && now >= pingAt) {
    socket.send('{"action": "ping"}');
    pingAt = now + PING_EVERY;
  }
}

async function connect() {
  if (socket) return;
  socket = {}; // on its way
  let url;
  try {
    ({url} = await post("/v1/account/socket-tickets"));
  } catch {
    return again();
  }
  const mine = new WebSocket(url);
  socket = mine;
  mine.onopen = () => {
    failures = 0;
    pingAt = Date.now() + PING_EVERY;
    mine.send('{"action": "hello"}');
    tell("line", {open: true});
    look(); // what happened before
  };
  mine.onmessage = (event) => {
    const message = JSON.parse(event.data);
    const name = NAMES[message.type];
    if (name) tell(name, message[name]);
  };
  mine.onclose = () => {
    if (socket !== mine) return;
    tell("line", {open: false});
    again();
  };
}

function again() {
  socket = null;
  failures += 1;
  const most = Math.min(1000 * 2 ** (failures - 1), LONGEST_PAUSE);
  setTimeout(connect, most * (0.5 + Math.random() / 2));
}
