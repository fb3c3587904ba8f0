// The account: who you are, what a new listing starts with, a copy of your data, closing the account.

import {all, get, patch, remove} from "./api.js";
import {ask, button, day, el, input, notice, select, show} from "./dom.js";
import {save} from "./files.js";
import {offered, session} from "./session.js";
import {signOut} from "./signin.js";
import {THEMES, setTheme, theme} from "./theme.js";
import {abandonUploads} from "./uploads.js";

export async function open(main) {
  const account = await get("/v1/account");
  session.account = account;
  const wanted = {default_room_type: account.preferences.default_room_type || "", default_style: account.preferences.default_style || ""};
  const text = (label, name, props = {}) => input(label, {name, value: account[name] || "", ...props});
  const form = el("form", {class: "stack", onsubmit: (event) => { event.preventDefault(); store(); }},
    el("div", {class: "fields"},
      text("Name", "full_name", {autocomplete: "name"}), text("Company", "company_name", {autocomplete: "organization"}),
      text("Email", "email", {type: "email", autocomplete: "email"}), text("Phone", "phone", {type: "tel", autocomplete: "tel"})),
    el("h2", {}, "A new listing starts with"),
    el("div", {class: "fields"},
      select("Room where the name does not tell", [["", "Automatic"], ...offered("room_types").filter(([id]) => id !== "auto")],
        wanted.default_room_type, (value) => { wanted.default_room_type = value; }),
      select("Style", [["", "The first one"], ...offered("styles")], wanted.default_style, (value) => { wanted.default_style = value; })),
    el("div", {class: "row"}, el("button", {type: "submit", class: "primary"}, "Save")));

  async function store() {
    const values = Object.fromEntries(["full_name", "company_name", "email", "phone"].map((name) => [name, form.elements[name].value.trim() || null]));
    const preferences = Object.fromEntries(Object.entries(wanted).map(([name, value]) => [name, value || null]));
    try {
      session.account = await patch("/v1/account", {...values, preferences});
      notice("Saved.");
    } catch (error) {
      notice(error.message, "bad");
    }
  }

  show(main, el("div", {class: "heading"}, el("h1", {}, "Account"), el("p", {class: "soft"}, `Since ${day(account.created_at)}`)),
    el("section", {class: "panel"}, form),
    el("section", {class: "panel stack"}, el("h2", {}, "On this device"),
      el("div", {class: "fields"}, select("Colors", THEMES, theme(), setTheme))),
    el("section", {class: "panel stack"}, el("h2", {}, "Your data"),
      el("p", {class: "soft"}, "A JSON file of everything kept about you: account, listings, photos, results, usage. Pictures are downloaded in their listing."),
      el("div", {class: "row"}, button("Download my data", exportData), button("Sign out", leave))),
    el("section", {class: "panel stack"}, el("h2", {}, "Close the account"),
      el("p", {class: "soft"}, "All listings, photos and results are deleted, a paid plan ends. This cannot be undone."),
      el("div", {class: "row"}, button("Close my account", close, {class: "danger"}))));
}

async function exportData() {
  const [account, usage, ledger, projects, keys] = await Promise.all([get("/v1/account"), get("/v1/account/usage"),
    all("/v1/account/ledger"), all("/v1/projects"), get("/v1/account/api-keys")]);
  for (const project of projects) project.images = await all(`/v1/projects/${project.id}/images`);
  const text = JSON.stringify({made_at: new Date().toISOString(), account, usage, ledger, projects, api_keys: keys.items}, null, 2);
  save(new Blob([text], {type: "application/json"}), "real-staging-data.json");
}

async function leave() {
  if (await abandonUploads()) await signOut();
}

async function close() {
  if (!(await ask("Close your account?", "Everything is deleted.", "Close my account", {danger: true, typed: "delete"}))) return;
  await remove("/v1/account");
  await signOut();
}
