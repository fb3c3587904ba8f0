// Elements, spoken news, notices and questions. Text is always set as text, never as markup.

/** el("p", {class: "soft", onclick: go, hidden: false}, "text", node): false, null and undefined are left out. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function set(node, name, value) {
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (["value", "checked", "selected", "disabled", "indeterminate"].includes(name)) node[name] = value;
  else if (value === true) node.setAttribute(name, "");
  else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
}

/** A button; `run` may be asynchronous: the button is busy until it ends, and a refusal becomes a notice. */
export function button(label, run, props = {}) {
  return el("button", {type: "button", ...props, onclick: async (event) => {
    const node = event.currentTarget;
    if (node.getAttribute("aria-busy") === "true") return;
    node.setAttribute("aria-busy", "true");
    try {
      await run(event);
    } catch (error) {
      notice(error.message, "bad");
    } finally {
      node.removeAttribute("aria-busy");
    }
  }}, label);
}

export function link(label, href, props = {}) {
  return el("a", {href, ...props}, label);
}

/** A labelled select; options are [value, text]. */
export function select(label, options, value, changed, props = {}) {
  const list = el("select", {...props, onchange: () => changed?.(list.value)},
    options.map(([id, name]) => el("option", {value: id, selected: id === value}, name)));
  return el("label", {class: "field"}, el("span", {}, label), list);
}

export function input(label, props = {}, hint = "") {
  return el("label", {class: "field"}, el("span", {}, label), el("input", props), hint && el("small", {}, hint));
}

/** A table's head; a column without a name holds what can be done. */
export function columns(names) {
  return el("thead", {}, el("tr", {}, names.map((name) => el("th", {scope: "col"}, name || el("span", {class: "unseen"}, "Actions")))));
}

let saidLast = "";
let sayLater = 0;

/** Told to screen readers, at most once in 1.5 s: the latest counts. */
export function say(text) {
  saidLast = text;
  if (sayLater) return;
  sayLater = setTimeout(() => {
    sayLater = 0;
    document.getElementById("said").textContent = saidLast;
  }, 1500);
}

/** A message that stays until it is closed ("bad") or for 8 s. Same text, same notice. */
export function notice(text, kind = "good", action = null) {
  const box = document.getElementById("notices");
  const same = [...box.children].find((each) => each.dataset.text === text);
  if (same) return () => same.remove();
  const node = el("div", {class: `notice ${kind}`, role: kind === "bad" ? "alert" : "status"},
    el("p", {}, text),
    action && button(action[0], () => { node.remove(); return action[1](); }, {class: "quiet"}),
    el("button", {type: "button", class: "icon", "aria-label": "Close message", onclick: () => node.remove()}, "×"));
  node.dataset.text = text;
  box.append(node);
  if (kind === "good") setTimeout(() => node.remove(), 8000);
  return () => node.remove();
}

/** A modal dialog with a title; returns it, closed by Escape, by its button or by close(). */
export function dialog(title, content, props = {}) {
  const heading = `dialog-${Math.random().toString(36).slice(2)}`;
  const node = el("dialog", {"aria-labelledby": heading, ...props},
    el("div", {class: "head"}, el("h2", {id: heading}, title),
      el("button", {type: "button", class: "icon", "aria-label": "Close", onclick: () => node.close()}, "×")),
    content);
  const before = document.activeElement;
  node.addEventListener("close", () => {
    node.remove();
    if (!before.isConnected) focusAgain(document.getElementById("main"), before);
  });
  document.body.append(node);
  node.showModal();
  content.querySelector("input, select, textarea")?.focus(); // where there is something to fill in, else the first button
  return node;
}

/** True when the question was answered with its action. `typed`: a word that has to be typed first. */
export function ask(title, text, action, {danger = false, typed = ""} = {}) {
  return new Promise((resolve) => {
    let answer = false;
    const go = el("button", {type: "submit", class: danger ? "danger" : "primary", disabled: Boolean(typed)}, action);
    const word = typed && input(`Type “${typed}” to go on`, {autocomplete: "off", oninput: (event) => {
      go.disabled = event.currentTarget.value.trim() !== typed;
    }});
    const form = el("form", {onsubmit: (event) => { event.preventDefault(); answer = true; node.close(); }},
      el("p", {}, text), word,
      el("div", {class: "row end"}, el("button", {type: "button", class: "quiet", onclick: () => node.close()}, "Back"), go));
    const node = dialog(title, form, {class: "small"});
    node.addEventListener("close", () => resolve(answer));
  });
}

/** Puts these children in place of what is there. Whoever was in there by keyboard stays at the same control. */
export function show(parent, ...children) {
  const wanted = children.flat().filter(Boolean);
  if (wanted.length === parent.childNodes.length && wanted.every((each, at) => each === parent.childNodes[at])) return;
  const focused = parent.contains(document.activeElement) && parent !== document.activeElement && document.activeElement;
  parent.replaceChildren(...wanted);
  if (!focused) return;
  focusAgain(parent, focused);
}

/** The control itself, else the one of its name that took its place, else the first. */
function focusAgain(parent, control) {
  const all = [...parent.querySelectorAll("button, select, input, a, summary")];
  const there = control.isConnected ? control : all.find((each) => called(each) === called(control)) || all[0];
  there?.focus({preventScroll: true});
}

function called(control) {
  return `${control.tagName} ${control.getAttribute("aria-label") || control.closest("label")?.firstChild.textContent || control.textContent}`;
}

export function day(time) {
  return time ? new Date(time).toLocaleDateString(undefined, {day: "numeric", month: "short", year: "numeric"}) : "–";
}

export function clock(time) {
  return time ? new Date(time).toLocaleString(undefined, {dateStyle: "medium", timeStyle: "short"}) : "–";
}

/** "0.090000" -> "$0.09": decimal strings of the API, rounded to cents. */
export function dollars(text) {
  return `$${Number(text).toFixed(2)}`;
}

export function bytes(count) {
  return count < 1e6 ? `${Math.max(1, Math.round(count / 1e3))} KB` : `${(count / 1e6).toFixed(1)} MB`;
}

export function several(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
