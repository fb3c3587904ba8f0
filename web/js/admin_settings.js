// For administrators: the dialogs that change a model's parameters or a setting, made from its JSON Schema.

import {get, post, put} from "./api.js";
import {button, clock, dialog, el, input, notice, select} from "./dom.js";

/** What was set lies over the defaults; an empty field is not set. `changed` runs after every change. */
export async function changeModel(id, changed) {
  const path = `/v1/admin/models/${encodeURIComponent(id)}`;
  const [model, history] = await Promise.all([get(path), get(`${path}/history`)]);
  const properties = Object.entries(model.parameters_schema.properties || {});
  const fields = properties.map(([name, schema]) => [name, field(schema.title || name, schema, model.parameters[name], model.defaults[name])]);
  open(`Settings of ${model.name}`, model.description, fields.map(([, each]) => each.node), history.items, {
    save: (note) => put(`${path}/settings`, {
      parameters: Object.fromEntries(fields.map(([name, each]) => [name, each.value()]).filter(([, value]) => value !== undefined)),
      expected_version: model.version, ...note,
    }),
    back: (version) => post(`${path}/rollback`, {version}),
    words: (each) => JSON.stringify(each.parameters),
    version: model.version, changed,
  });
}

export async function changeSetting(setting, changed) {
  const path = `/v1/admin/settings/${encodeURIComponent(setting.key)}`;
  const secret = setting.kind === "secret";
  const history = secret ? {items: []} : await get(`${path}/history`);
  const one = secret ? field("New value; it is shown nowhere afterwards", {type: "string"}) : field("Value", setting.value_schema, setting.value, setting.default);
  if (secret) one.node.querySelector("input").type = "password";
  open(setting.key, setting.description, [one.node], history.items, {
    save: (note) => put(path, {value: one.value() ?? null, expected_version: setting.version, ...note}),
    back: (version) => post(`${path}/rollback`, {version}),
    words: (each) => JSON.stringify(each.value),
    version: secret ? 0 : setting.version, changed,
  });
}

function open(title, about, fields, history, {save, back, words, version, changed}) {
  const note = input("Why (for the audit log)", {name: "note", maxlength: 200});
  const done = async (text) => { node.close(); notice(text); await changed(); };
  const form = el("form", {class: "stack", onsubmit: (event) => event.preventDefault()},
    about && el("p", {class: "soft"}, about), el("div", {class: "fields"}, fields), note,
    el("div", {class: "row end"},
      version > 0 && button("As the stage’s file says", async () => { await back(0); await done("As the stage’s file says."); }, {class: "quiet"}),
      button("Save", async () => {
      const said = note.querySelector("input").value.trim();
      await save(said ? {note: said} : {});
      await done("Saved.");
    }, {class: "primary", type: "submit"})),
    history.length > 0 && el("details", {}, el("summary", {}, "Earlier versions"), el("ul", {class: "stack"}, history.map((each) =>
      el("li", {class: "row"}, el("span", {}, `${each.version} · ${clock(each.at)} · ${each.by}`), el("span", {class: "code"}, words(each)),
        button("Back to this", async () => { await back(each.version); await done(`Back to version ${each.version}.`); },
          {class: "quiet", "aria-label": `Back to version ${each.version}`}))))));
  const node = dialog(title, form);
}

/** A control for a value of this schema: {node, value()}; undefined where nothing is set. */
function field(label, schema, value, otherwise) {
  const kind = schema.type ? schema : (schema.anyOf || []).find((each) => each.type !== "null") || {};
  const usual = otherwise === undefined || otherwise === null ? "none" : String(otherwise);
  const set = value !== undefined && value !== null;
  const choices = kind.type === "boolean" ? [["true", "Yes"], ["false", "No"]] : kind.enum?.map((each) => [String(each), String(each)]);
  if (choices) {
    const node = select(label, [["", `Not set (${usual})`], ...choices], set ? String(value) : "");
    const chosen = () => node.querySelector("select").value;
    return {node, value: () => (chosen() === "" ? undefined : kind.type === "boolean" ? chosen() === "true" : kind.enum.find((each) => String(each) === chosen()))};
  }
  const isNumber = kind.type === "integer" || kind.type === "number";
  const plain = isNumber || kind.type === "string";
  const text = !set ? "" : plain ? String(value) : JSON.stringify(value);
  const node = input(label, {value: text, autocomplete: "off", placeholder: `Not set (${usual})`,
    ...(isNumber && {type: "number", min: kind.minimum, max: kind.maximum, step: kind.type === "integer" ? 1 : "any"})},
  plain ? "" : "As JSON");
  const given = () => node.querySelector("input").value;
  return {node, value: () => {
    if (given() === "") return undefined;
    if (isNumber) return Number(given());
    if (plain) return given();
    try {
      return JSON.parse(given());
    } catch {
      throw new Error(`“${label}” is not JSON: write lists as ["a", "b"].`);
    }
  }};
}
