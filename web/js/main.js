// Starts the page: configuration, sign-in, then one view for each address behind the #.

import {readConfig} from "./config.js";
import {el, show} from "./dom.js";
import {listen} from "./live.js";
import {readAccount} from "./session.js";
import {drawTop, markCurrent} from "./top.js";
import {begin} from "./signin.js";
import "./theme.js";
import {showWelcome} from "./welcome.js";
import {resumeUploads} from "./uploads.js";

const VIEWS = {
  "": () => import("./projects.js"),
  project: () => import("./listing.js"),
  plan: () => import("./plan.js"),
  account: () => import("./account.js"),
  keys: () => import("./keys.js"),
  admin: () => import("./admin.js"),
};
const main = document.getElementById("main");
let leave = null; // ends what the present view listens to
let turn = 0;

async function start() {
  try {
    await readConfig();
    fromStripe();
    if (!(await begin())) return showWelcome(main);
    await readAccount();
    await drawTop();
    listen();
    addEventListener("hashchange", route);
    await route();
    await resumeUploads();
  } catch (error) {
    broken(error);
  }
}

async function route() {
  const mine = ++turn;
  const [name = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (name === "main") return;
  leave?.();
  leave = null;
  markCurrent(name);
  // Each view has a place of its own: what is answered after it was left is drawn where nobody sees it.
  const place = el("div", {}, el("p", {class: "loading"}, "Loading …"));
  show(main, place);
  try {
    const view = await (VIEWS[name] || VIEWS[""])();
    if (mine !== turn) return;
    const ended = await view.open(place, rest);
    if (mine === turn) leave = ended;
    else ended?.();
    const heading = main.querySelector("h1");
    if (mine === turn && heading) {
      document.title = `${heading.textContent} · Real Staging`;
      if (mine > 1) main.focus({preventScroll: true});
      scrollTo(0, 0);
    }
  } catch (error) {
    if (mine === turn) broken(error);
  }
}

/** Stripe's pages lead back with `?checkout=done|canceled`; behind the # it outlives asking the issuer. */
function fromStripe() {
  const outcome = new URLSearchParams(location.search).get("checkout");
  if (outcome) history.replaceState(null, "", `${location.pathname}#/plan/${outcome}`);
}

function broken(error) {
  show(main, el("section", {class: "empty"}, el("h1", {}, "This did not work"), el("p", {role: "alert"}, error.message),
    el("button", {class: "primary", onclick: () => location.reload()}, "Try again")));
}

start();
