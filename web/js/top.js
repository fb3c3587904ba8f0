// The bar at the top: where to go, what is left this month, who is signed in.

import {get} from "./api.js";
import {button, el, link, show} from "./dom.js";
import {follow, tell} from "./live.js";
import {session} from "./session.js";
import {signOut, userName} from "./signin.js";
import {abandonUploads} from "./uploads.js";

const top = document.getElementById("top");
const usage = link("", "#/plan", {class: "usage"});

export async function drawTop() {
  const places = [["Listings", ""], ["Plan", "plan"], ["Account", "account"], ["API keys", "keys"]];
  if (session.account.role === "admin") places.push(["Admin", "admin"]);
  show(top, el("div", {class: "bar"},
    el("a", {class: "brand", href: "#/"}, el("img", {src: "icon.svg", alt: "", width: 28, height: 28}), "Real Staging"),
    el("nav", {"aria-label": "Main"}, places.map(([name, to]) => link(name, `#/${to}`, {"data-to": to}))),
    usage,
    el("span", {class: "who"}, userName()),
    button("Sign out", async () => { if (await abandonUploads()) await signOut(); }, {class: "quiet"})));
  drawUsage();
  follow({usage: take, look: () => readUsage().catch(() => {}), line: ({open}) => top.toggleAttribute("data-away", !open)});
}

/** Told to the views too, as if the socket had said it. */
export async function readUsage() {
  tell("usage", await get("/v1/account/usage"));
}

export function markCurrent(name) {
  for (const each of top.querySelectorAll("nav a")) {
    const here = each.dataset.to === name || (name === "project" && each.dataset.to === "");
    if (here) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
}

function take(found) {
  if (found.version !== undefined && session.usage && found.version < session.usage.version) return;
  session.usage = found;
  drawUsage();
}

function drawUsage() {
  const {used, limit} = session.usage;
  const meter = el("meter", {min: 0, max: Math.max(limit, 1), "aria-hidden": "true"});
  meter.value = Math.min(used, limit);
  show(usage, meter, el("span", {}, `${used} of ${limit} photos used`));
}
