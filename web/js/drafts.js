// Photos that were chosen and are not planned yet: previews, room and style, then one call for all.

import {call, pause} from "./api.js";
import {button, bytes, el, input, notice, say, select, several, show} from "./dom.js";
import {ACCEPT, contentType, dropped, fromFolder, guessedRoom, objection, preview} from "./photos.js";
import {offered, preferred, session} from "./session.js";
import {readUsage} from "./top.js";
import {send} from "./uploads.js";
import {FORMATS, MODES, POLICIES, SIZES} from "./words.js";

const AT_ONCE = 8; // cards made before the page may do something else

/** The part of a listing's page that takes photos. `planned(images)` hears of what the server made. */
export function drafts(projectId, planned) {
  const limits = session.capabilities.limits;
  const rooms = session.capabilities.room_types.map((each) => each.id);
  const defaults = {...preferred(), mode: "staging", check: "", variations: "1", size: "", format: "", prompt: "", model: ""};
  const rows = []; // {file, room, mode, style, node}
  let key = crypto.randomUUID(); // of the planning call, new with every change: a repeated call plans nothing twice

  const list = el("ul", {class: "photos"});
  const go = button("", plan, {class: "primary"});
  const room = el("div", {class: "planning", hidden: true});
  const files = picker({multiple: true, accept: ACCEPT, "aria-label": "Photos to stage"}, (list) => add([...list]));
  const folder = picker({webkitdirectory: true, "aria-label": "Folder to stage"}, (list) => add(fromFolder(list)));
  const camera = picker({accept: "image/*", capture: "environment", "aria-label": "Photo from the camera"}, (list) => add([...list]));

  const zone = el("section", {class: "zone", "aria-label": "Add photos"},
    el("p", {class: "lead"}, "Drop photos or a folder here"),
    el("div", {class: "row"},
      button("Choose photos", () => files.click(), {class: "primary"}),
      button("Choose a folder", () => folder.click(), {class: "desk-only"}),
      button("Take a photo", () => camera.click(), {class: "touch-only"})),
    el("p", {class: "soft"}, `Up to ${limits.max_files} at a time, ${bytes(limits.max_bytes)} each: JPEG, PNG, WebP, HEIC, AVIF, TIFF.`),
    files, folder, camera);

  const over = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    zone.toggleAttribute("data-over", event.type === "dragover");
  };
  const dropOn = async (event) => {
    over(event);
    zone.removeAttribute("data-over");
    if (event.dataTransfer.types.includes("Files")) add(await dropped(event.dataTransfer));
  };
  const events = [["dragover", over], ["dragleave", over], ["drop", dropOn]];
  events.forEach(([name, run]) => document.addEventListener(name, run));

  async function add(chosen) {
    const left = limits.max_files - rows.length;
    if (chosen.length > left) notice(`At most ${limits.max_files} photos go into one call; the first ${left} were taken.`, "info");
    let refused = 0;
    for (const [at, file] of chosen.slice(0, left).entries()) {
      if (at % AT_ONCE === 0 && at) {
        changed();
        await pause(0); // so that fifty cards hold up nobody's typing
      }
      if (rows.length >= limits.max_files) break; // others were dropped meanwhile
      const words = objection(file, limits);
      if (words) {
        refused += 1;
        notice(`${file.name}: ${words}`, "bad");
        continue;
      }
      const row = {file, room: guessedRoom(file.name, rooms), mode: "", style: ""};
      row.node = card(row);
      rows.push(row);
      list.append(row.node);
      preview(file, row.node.querySelector("canvas")).then((drawn) => {
        if (!drawn) row.node.querySelector(".picture").dataset.words = "Preview follows after the upload";
      });
    }
    changed();
    if (chosen.length) say(`${several(rows.length, "photo")} chosen${refused ? `, ${refused} refused` : ""}.`);
  }

  function card(row) {
    const set = (name) => (value) => { row[name] = value; changed(); };
    row.own = select("Style", [["", "As for all"], ...offered("styles")], "", set("style"));
    const node = el("li", {class: "photo"},
      el("div", {class: "picture"}, el("canvas", {role: "img", "aria-label": `Preview of ${row.file.name}`})),
      el("div", {class: "text"},
        el("h3", {}, row.file.name),
        el("div", {class: "pair"},
          select("Room", offered("room_types"), row.room, set("room")), row.own),
        select("What to do", [["", "As for all"], ...MODES], "", set("mode")),
        button("Remove", () => {
          rows.splice(rows.indexOf(row), 1);
          node.remove();
          changed();
        }, {class: "quiet", "aria-label": `Remove ${row.file.name}`})));
    return node;
  }

  const set = (name) => (value) => { defaults[name] = value; changed(); };
  const models = session.capabilities.models;
  const style = select("Style for all", offered("styles"), defaults.style, set("style"));
  const more = el("details", {}, el("summary", {}, "More settings"), el("div", {class: "fields"},
    select("Room where the name does not tell", offered("room_types"), defaults.room_type, set("room_type")),
    select("If the result does not keep the room", POLICIES, defaults.check, set("check"), {"aria-describedby": "never-charged"}),
    select("Variations of each photo", ["1", "2", "3", "4"].map((each) => [each, each]), "1", set("variations")),
    select("Size of the results", SIZES, "", set("size")),
    select("File format of the results", FORMATS, "", set("format")),
    select("Model", [["", "The best one available"], ...models.map((each) => [each.id, `${each.name} · $${each.price_usd}`])], "", set("model")),
    input("Own instructions (10 characters or more)", {maxlength: limits.prompt_max_length,
      oninput: (event) => set("prompt")(event.currentTarget.value)})),
  el("p", {class: "soft", id: "never-charged"}, "Every result is compared with its photo. One that changed the room is never charged."));
  show(room, el("h2", {}, "New photos"), el("div", {class: "fields"}, select("What to do with all", MODES, defaults.mode, set("mode")), style), more, list, el("div", {class: "go"}, go));

  function changed() {
    key = crypto.randomUUID();
    room.hidden = rows.length === 0;
    style.hidden = defaults.mode !== "staging";
    for (const row of rows) row.own.hidden = modeOf(row) !== "staging";
    const results = rows.length * Number(defaults.variations);
    go.textContent = `Stage ${several(rows.length, "photo")}${results > rows.length ? ` (${results} results)` : ""}`;
  }

  function settings() {
    const given = {room_type: defaults.room_type, mode: defaults.mode,
      ...(defaults.mode === "staging" && {style: defaults.style})};
    if (defaults.variations !== "1") given.variations = Number(defaults.variations);
    if (defaults.check) given.check = defaults.check;
    if (defaults.size) given.size = defaults.size;
    if (defaults.format) given.format = defaults.format;
    if (defaults.model) given.model = defaults.model;
    if (defaults.prompt.trim()) given.prompt = defaults.prompt.trim();
    return given;
  }

  async function plan() {
    const asked = [...rows];
    const answer = await order(asked);
    if (!answer) return;
    const sent = [];
    for (const item of answer.items) {
      const row = asked[item.index];
      if (item.error) {
        notice(`${row.file.name}: ${item.error.title} ${item.error.detail}`, "bad");
        continue;
      }
      sent.push({imageId: item.image.id, projectId, file: row.file, form: item.upload});
      rows.splice(rows.indexOf(row), 1);
      row.node.remove();
    }
    changed();
    const sending = send(sent);
    planned(answer.items.filter((item) => item.image).map((item) => ({...item.image, jobs: item.jobs || []})));
    say(`${several(sent.length, "photo")} on the way.`);
    await Promise.all([sending, readUsage().catch(() => {})]);
  }

  function modeOf(row) {
    return row.mode || defaults.mode;
  }

  /** Only what is furnished has a style; where the others are not furnished, there is no style for all to go by. */
  function styled(row) {
    if (modeOf(row) !== "staging") return {};
    if (row.style) return {style: row.style};
    return defaults.mode === "staging" ? {} : {style: defaults.style};
  }

  async function order(asked) {
    const described = asked.map((row) => {
      const {file, room: guess} = row;
      const each = {filename: file.name, content_type: contentType(file), size_bytes: file.size};
      const differs = {...(guess !== "auto" && {room_type: guess}), ...(row.mode && {mode: row.mode}), ...styled(row)};
      return Object.keys(differs).length ? {...each, settings: differs} : each;
    });
    try {
      return await call("POST", "/v1/uploads", {project_id: projectId, defaults: settings(), files: described}, key);
    } catch (error) {
      if (error.code !== "quota_exceeded") throw error;
      const {remaining, requested} = error.problem;
      notice(`Your plan has ${several(remaining, "photo")} left this month, and this asks for ${requested}. Remove some, or choose a larger plan.`,
        "bad", ["See plans", () => { location.hash = "#/plan"; }]);
      return null;
    }
  }

  return {zone, room, end: () => events.forEach(([name, run]) => document.removeEventListener(name, run))};
}

function picker(props, chosen) {
  const node = el("input", {type: "file", hidden: true, ...props, onchange: () => {
    chosen(node.files);
    node.value = "";
  }});
  return node;
}
