// What people see who are not signed in.

import {config} from "./config.js";
import {button, el, show} from "./dom.js";
import {signIn, signInAsSample} from "./signin.js";

export function showWelcome(main) {
  show(document.getElementById("top"));
  document.title = "Sign in · Real Staging";
  show(main, el("section", {class: "welcome"},
    el("img", {src: "icon.svg", alt: "", width: 56, height: 56}),
    el("h1", {}, "Empty rooms, furnished"),
    el("p", {}, "Drop the photos of a listing and get them back virtually staged, each beside its original."),
    el("div", {class: "stack"},
      config.sample_agent && button("Sign in as the sample agent", signInAsSample, {class: "primary"}),
      button(config.sample_agent ? "Sign in as someone else" : "Sign in", () => signIn(),
        {class: config.sample_agent ? "" : "primary"}))));
}
