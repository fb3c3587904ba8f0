// A photo's results in a dialog: slider, verdict, other versions, and what can be done with them.

import {post, remove} from "./api.js";
import {ask, button, dialog, el, select, several, show} from "./dom.js";
import {compare} from "./compare.js";
import {download, pictureUrl} from "./files.js";
import {nameOf, offered} from "./session.js";
import {readUsage} from "./top.js";
import {verdict} from "./words.js";

/** find(): the image as it is now, or undefined. changed(image): after orders and deletions. */
export function openResults(find, job, changed) {
  let shown = job.id;
  const body = el("div", {class: "results"});
  const stage = el("div", {class: "stage"});
  const node = dialog(find().filename, body, {class: "wide"});
  let staged = "";

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
    const check = verdict(now);
    return show(body, stage,
      el("p", {class: "soft"}, facts(now)),
      check && el("p", {class: `verdict ${check.kind}`}, el("strong", {}, `${check.title}. `), check.text),
      ready.length > 1 && versions(ready, now),
      waiting > 0 && el("p", {class: "busy", role: "status"}, `${several(waiting, "more version")} on the way.`),
      el("div", {class: "row"},
        button("Download", () => download("jobs", now.id, "staged"), {class: "primary"}),
        button("Original", () => download("images", image.id, "original"), {"aria-label": "Download the original"}),
        check && button("What changed", (event) => overlay(now, event), {"aria-pressed": "false"}),
        button("Once more", () => order(image, {...settings(now)}), {"aria-label": "Stage once more with the same settings"}),
        button("Delete this version", () => erase(image, now), {class: "danger"})),
      other(image, now));
  }

  async function drawStage(image, now) {
    const [before, after] = await Promise.all([pictureUrl("images", image.id, "master"), pictureUrl("jobs", now.id, "staged")]);
    const size = {width: now.result?.width, height: now.result?.height};
    show(stage, compare(el("img", {src: before, alt: `${image.filename}, the original`, ...size}),
      el("img", {src: after, alt: `${image.filename}, virtually staged`, ...size}), image.filename));
  }

  async function overlay(now, event) {
    const there = stage.querySelector(".overlay");
    event.target.setAttribute("aria-pressed", String(!there));
    if (there) return there.remove();
    const url = await pictureUrl("jobs", now.id, "overlay");
    return stage.append(el("img", {class: "overlay", src: url, alt: "What changed, drawn over the original"}));
  }

  function versions(ready, now) {
    return el("div", {class: "row versions", role: "group", "aria-label": "Versions"}, ready.map((each, index) =>
      el("button", {type: "button", "aria-pressed": String(each.id === now.id),
        onclick: () => { shown = each.id; draw(); }}, `${index + 1} · ${each.style ? nameOf("styles", each.style) : "Own words"}`)));
  }

  function other(image, now) {
    const chosen = {style: now.style, variations: "1"};
    return el("form", {class: "other", onsubmit: (event) => event.preventDefault()},
      select("Another style", offered("styles"), now.style, (value) => { chosen.style = value; }),
      select("Variations", ["1", "2", "3", "4"].map((each) => [each, each]), "1", (value) => { chosen.variations = value; }),
      button("Stage", () => order(image, {...settings(now), style: chosen.style, variations: Number(chosen.variations)})));
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
  const {room_type: room, style, prompt, model} = job;
  const own = prompt && !style ? {prompt} : {};
  return Object.fromEntries(Object.entries({room_type: room, style, model, ...own}).filter(([, value]) => value));
}

function facts(job) {
  const parts = [job.room_type && nameOf("room_types", job.room_type), job.style && nameOf("styles", job.style)];
  if (job.result) parts.push(`${job.result.width} × ${job.result.height}`);
  if (job.duration_ms) parts.push(`${(job.duration_ms / 1000).toFixed(1)} s`);
  return [...parts, job.charged ? null : "not charged"].filter(Boolean).join(" · ");
}
