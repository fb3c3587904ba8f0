// A photo's results in a dialog: slider, verdict, other versions, and what can be done with them.

import {get, post, remove} from "./api.js";
import {ask, button, dialog, el, notice, select, several, show} from "./dom.js";
import {compare} from "./compare.js";
import {download, pictureUrl} from "./files.js";
import {nameOf, offered, preferred} from "./session.js";
import {readUsage} from "./top.js";
import {MODES, markOf, reportWords, verdict} from "./words.js";

/** find(): the image as it is now, or undefined. changed(image): after orders and deletions. */
export function openResults(find, job, changed) {
  let shown = job.id;
  const body = el("div", {class: "results"});
  const stage = el("div", {class: "stage"});
  const node = dialog(find().filename, body, {class: "wide"});
  const parts = new Map(); // name -> {sign, node}: a part is made anew only when what it shows has changed
  const what = button("Show what changed", toggleOverlay, {"aria-pressed": "false"});
  let staged = "";

  function part(name, sign, make) {
    const there = parts.get(name);
    if (there?.sign === sign) return there.node;
    const made = {sign, node: make()};
    parts.set(name, made);
    return made.node;
  }

  async function draw() {
    const image = find();
    const ready = image ? image.jobs.filter((each) => each.status === "ready") : [];
    const now = ready.find((each) => each.id === shown) || ready.at(-1);
    if (!now) return node.close();
    shown = now.id;
    const waiting = image.jobs.filter((each) => !["ready", "failed", "canceled"].includes(each.status)).length;
    if (staged !== now.id) {
      staged = now.id;
      await drawStage(image, now);
    }
    return show(body, stage,
      part("facts", `${now.id} ${now.version}`, () => el("p", {class: "soft"}, facts(now))),
      now.check && part("check", `${now.id} ${now.version}`, () => judged(now)),
      ready.length > 1 && part("versions", `${now.id} of ${ready.map((each) => each.id)}`, () => versions(ready, now)),
      part("waiting", waiting, () => el("p", {class: "busy", role: "status", hidden: !waiting}, `${several(waiting, "more version")} on the way.`)),
      part("acts", now.id, () => el("div", {class: "row"},
        button("Download", () => download("jobs", now.id, "staged"), {class: "primary"}),
        button("Original", () => download("images", image.id, "original"), {"aria-label": "Download the original"}),
        now.check && what,
        button("Once more", () => order(find(), settings(now)), {"aria-label": "Stage once more with the same settings"}),
        button("Delete this version", () => erase(find(), now), {class: "danger"}))),
      part("other", now.id, () => other(now)));
  }

  async function drawStage(image, now) {
    const [before, after] = await Promise.all([pictureUrl("images", image.id, "master"), pictureUrl("jobs", now.id, "staged")]);
    const size = {width: now.result?.width, height: now.result?.height};
    what.setAttribute("aria-pressed", "false");
    show(stage, compare(el("img", {src: before, alt: `${image.filename}, the original`, ...size}),
      el("img", {src: after, alt: `${image.filename}, ${markOf(now).toLowerCase()}`, ...size}), image.filename, markOf(now)));
  }

  async function toggleOverlay() {
    const there = stage.querySelector(".overlay");
    what.setAttribute("aria-pressed", String(!there));
    if (there) return there.remove();
    const url = await pictureUrl("jobs", shown, "overlay");
    return stage.append(el("img", {class: "overlay", src: url, alt: "What changed, drawn over the original"}));
  }

  /** The verdict, and on request the figures behind it. */
  function judged(now) {
    const check = verdict(now);
    const figures = el("ul", {class: "figures soft"});
    const more = el("details", {ontoggle: async () => {
      if (!more.open || figures.childElementCount) return;
      try {
        show(figures, reportWords(await get(`/v1/jobs/${now.id}/report`)).map((words) => el("li", {}, words)));
      } catch (error) {
        more.open = false;
        notice(error.message, "bad");
      }
    }}, el("summary", {}, "How this was judged"), figures);
    return el("div", {class: `verdict ${check.kind}`}, el("p", {}, el("strong", {}, `${check.title}. `), check.text), more);
  }

  function versions(ready, now) {
    return el("div", {class: "row versions", role: "group", "aria-label": "Versions"}, ready.map((each, index) =>
      el("button", {type: "button", "aria-pressed": String(each.id === now.id),
        onclick: () => { shown = each.id; draw(); }}, `${index + 1} · ${kind(each)}`)));
  }

  function other(now) {
    const chosen = {mode: "staging", style: now.style || preferred().style, variations: "1"};
    const style = select("Another style", offered("styles"), chosen.style, (value) => { chosen.style = value; });
    return el("form", {class: "other", onsubmit: (event) => event.preventDefault()},
      select("What to do", MODES, "staging", (value) => {
        chosen.mode = value;
        style.hidden = value !== "staging";
      }), style,
      select("Variations", ["1", "2", "3", "4"].map((each) => [each, each]), "1", (value) => { chosen.variations = value; }),
      button("Stage", () => {
        const {style: _, mode: __, ...same} = settings(now);
        return order(find(), {...same, mode: chosen.mode, ...(chosen.mode === "staging" && {style: chosen.style}),
          variations: Number(chosen.variations)});
      }));
  }

  async function order(image, wanted) {
    const answer = await post("/v1/jobs", {items: [{image_id: image.id, settings: wanted}]});
    const [item] = answer.items;
    if (item.error) throw new Error(`${item.error.title} ${item.error.detail}`);
    image.jobs.push(...(item.jobs || [item.job]));
    changed(image);
    await readUsage();
  }

  async function erase(image, now) {
    if (!(await ask("Delete this version?", "The result goes; the original and other versions stay.", "Delete", {danger: true}))) return;
    await remove(`/v1/jobs/${now.id}`);
    image.jobs = image.jobs.filter((each) => each.id !== now.id);
    changed(image);
  }

  draw();
  return {draw: () => { if (node.isConnected) draw(); }, close: () => node.close()};
}

/** The order again, without its seed. */
function settings(job) {
  const {room_type: room, style, prompt, model, mode, check_policy: check, size, format} = job;
  const own = prompt ? {prompt} : {};
  return Object.fromEntries(Object.entries({room_type: room, style, model, mode, check, size, format, ...own}).filter(([, value]) => value));
}

function kind(job) {
  if (job.mode && job.mode !== "staging") return markOf(job);
  return job.style ? nameOf("styles", job.style) : "Own words";
}

function facts(job) {
  const parts = [job.room_type && nameOf("room_types", job.room_type), kind(job)];
  if (job.result) parts.push(`${job.result.width} × ${job.result.height}`);
  if (job.duration_ms) parts.push(`${(job.duration_ms / 1000).toFixed(1)} s`);
  return [...parts, job.charged ? null : "not charged"].filter(Boolean).join(" · ");
}
