// API keys: for programs. The key itself is shown once.

import {get, post, remove} from "./api.js";
import {ask, button, columns, day, dialog, el, input, notice, show} from "./dom.js";

const SCOPES = {read: "Read listings and results", stage: "Stage photos", account: "Change the account"};

export async function open(main) {
  const rows = el("tbody");
  const table = el("div", {class: "table"}, el("table", {},
    columns(["Name", "Key", "May", "Made", "Last used", ""]), rows));
  const none = el("section", {class: "empty"}, el("p", {}, "No keys. A program that stages photos for you signs in with one."));

  async function draw() {
    const {items} = await get("/v1/account/api-keys");
    table.hidden = !items.length;
    none.hidden = items.length > 0;
    show(rows, items.map((key) => el("tr", {}, el("td", {}, key.name), el("td", {class: "code"}, `${key.prefix}…`),
      el("td", {}, key.scopes.join(", ")), el("td", {}, day(key.created_at)), el("td", {}, day(key.last_used_at)),
      el("td", {class: "right"}, button("Delete", async () => {
        if (!(await ask("Delete this key?", `Programs that use “${key.name}” stop working at once.`, "Delete", {danger: true}))) return;
        await remove(`/v1/account/api-keys/${key.id}`);
        await draw();
      }, {class: "quiet", "aria-label": `Delete key ${key.name}`})))));
  }

  show(main, el("div", {class: "heading"}, el("h1", {}, "API keys"), button("New key", () => create(draw), {class: "primary"})), table, none);
  await draw();
}

function create(draw) {
  const boxes = Object.entries(SCOPES).map(([id, words]) => {
    const box = el("input", {type: "checkbox", value: id, checked: id !== "account"});
    return el("label", {class: "field check"}, box, el("span", {}, words));
  });
  const form = el("form", {onsubmit: async (event) => {
    event.preventDefault();
    const scopes = boxes.map((each) => each.firstChild).filter((box) => box.checked).map((box) => box.value);
    try {
      const made = await post("/v1/account/api-keys", {name: form.elements.name.value.trim(), scopes});
      node.close();
      dialog("Your new key", el("div", {class: "stack"}, el("p", {}, "Copy it now: it is not shown again."),
        el("p", {class: "code"}, made.key), button("Copy", async () => {
          await navigator.clipboard.writeText(made.key);
          notice("The key is copied.");
        }, {class: "primary"})), {class: "small"});
      await draw();
    } catch (error) {
      notice(error.message, "bad");
    }
  }}, input("Name", {name: "name", required: true, maxlength: 100, placeholder: "Office computer"}),
  el("fieldset", {class: "plain"}, el("legend", {class: "soft"}, "It may"), boxes),
  el("div", {class: "row end"}, el("button", {type: "submit", class: "primary"}, "Make the key")));
  const node = dialog("New API key", form, {class: "small"});
}
