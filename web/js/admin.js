// For administrators: jobs, models, settings, queues, users, audit. One table each, with the few actions that are needed daily.

import {get, patch, post} from "./api.js";
import {changeModel, changeSetting} from "./admin_settings.js";
import {ask, button, clock, columns, dialog, el, link, notice, several, show} from "./dom.js";

const PARTS = {jobs, models, settings, queues, users, audit};
const NAMES = {jobs: "Jobs", models: "Models", settings: "Settings", queues: "Queues", users: "Users", audit: "Audit"};

export async function open(main, [part = "jobs"]) {
  const body = el("div");
  const name = PARTS[part] ? part : "jobs";
  show(main, el("div", {class: "heading"}, el("h1", {}, `Admin: ${NAMES[name]}`)),
    el("nav", {"aria-label": "Administration"}, Object.entries(NAMES).map(([id, words]) =>
      link(words, `#/admin/${id}`, id === name ? {"aria-current": "page"} : {}))), body);
  await PARTS[name](body);
}

/** head: names of columns; rows: arrays of text or nodes. */
function table(head, rows) {
  return el("div", {class: "table", tabindex: "0", role: "region", "aria-label": "Table"}, el("table", {},
    columns(head),
    el("tbody", {}, rows.length ? rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, cell))))
      : el("tr", {}, el("td", {colspan: head.length, class: "soft"}, "Nothing here.")))));
}

async function paged(body, path, head, row) {
  const rows = [];
  async function more(cursor) {
    const page = await get(`${path}${path.includes("?") ? "&" : "?"}limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    rows.push(...page.items.map(row));
    show(body, table(head, rows), page.next_cursor && button("Show more", () => more(page.next_cursor), {class: "quiet"}));
  }
  await more("");
}

function jobs(body) {
  return paged(body, "/v1/admin/jobs", ["Job", "Owner", "Status", "Model", "Since", ""], (job) => [
    el("span", {class: "code"}, job.id), job.owner, job.error ? `${job.status}: ${job.error.title}` : job.status, job.model,
    clock(job.created_at), ["failed", "canceled"].includes(job.status) && button("Try again", async () => {
      await post(`/v1/admin/jobs/${job.id}/retry`);
      await jobs(body);
    }, {class: "quiet", "aria-label": `Try ${job.id} again`}) || ""]);
}

/** Of how many results the picture check found that they keep their room. */
function kept({passed, review, failed}) {
  const all = passed + review + failed;
  if (!all) return "no results yet";
  const rest = [review && `${review} to look at`, failed && `${failed} changed it`].filter(Boolean).join(", ");
  return `${Math.round(100 * passed / all)} % of ${all}${rest ? `: ${rest}` : ""}`;
}

async function models(body) {
  const {items} = await get("/v1/admin/models");
  const act = (model, what) => async () => {
    await post(`/v1/admin/models/${encodeURIComponent(model.id)}/${what}`);
    await models(body);
  };
  show(body, table(["Model", "State", "Keeps the room (30 days)", "Price of a run", "Typical", ""], items.map((model) => [
    model.name, model.default ? "default" : model.enabled ? model.objection || "enabled" : "off", kept(model.checks),
    `$${model.price.run_usd}`,
    `${model.typical_seconds} s`,
    el("div", {class: "row"},
      button("Settings", () => changeModel(model.id, () => models(body)), named("Settings of", model)),
      model.enabled && !model.default && button("Make default", act(model, "make-default"), named("Make default:", model)),
      !model.default && button(model.enabled ? "Turn off" : "Turn on", act(model, model.enabled ? "disable" : "enable"),
        named(model.enabled ? "Turn off" : "Turn on", model)))])));
}

function named(words, {name}) {
  return {class: "quiet", "aria-label": `${words} ${name}`};
}

async function settings(body) {
  const {items} = await get("/v1/admin/settings");
  show(body, table(["Setting", "Value", "What it means", ""], items.map((each) => [
    el("span", {class: "code"}, each.key),
    each.kind === "secret" ? (each.set ? "kept secret" : "not there") : `${JSON.stringify(each.value)}${each.set ? " (set)" : ""}`, each.description,
    button("Change", () => changeSetting(each, () => settings(body)), {class: "quiet", "aria-label": `Change ${each.key}`})])));
}

async function queues(body) {
  const {items} = await get("/v1/admin/queues");
  show(body, table(["Queue", "Visible", "In flight", "Delayed", "Oldest", ""], items.map((queue) => [
    queue.name, String(queue.visible), String(queue.in_flight), String(queue.delayed),
    queue.oldest_seconds === null ? "–" : `${queue.oldest_seconds} s`,
    queue.depth > 0 && /dead/.test(queue.name) ? el("div", {class: "row"},
      button("Look", () => letters(queue), {class: "quiet", "aria-label": `Look into ${queue.name}`}),
      button("Send again", () => redrive(body, queue, {}), {class: "quiet", "aria-label": `Send ${queue.name} again`}),
      button("Discard the rest", async () => {
        const words = "What can be sent again is sent again. What cannot is deleted for good.";
        if (await ask("Discard what cannot be sent again?", words, "Discard", {danger: true})) await redrive(body, queue, {discard: true});
      }, {class: "quiet", "aria-label": `Discard the rest of ${queue.name}`})) : ""])));
}

async function letters(queue) {
  const {items} = await get(`/v1/admin/queues/${encodeURIComponent(queue.name)}/messages`);
  dialog(`Dead letters: ${queue.name}`, table(["Sent", "About", "Owner", "Seen"], items.map((letter) => [
    clock(letter.sent_at), el("span", {class: "code"}, letter.job_id || letter.image_id || letter.function || "–"),
    letter.owner || "–", several(letter.receive_count, "time")])));
}

async function redrive(body, queue, order) {
  const {moved, discarded, left} = await post(`/v1/admin/queues/${encodeURIComponent(queue.name)}/redrive`, order);
  notice(`${moved} sent again, ${discarded} discarded, ${left} left.`);
  await queues(body);
}

function users(body) {
  return paged(body, "/v1/admin/users", ["User", "Role", "Plan", "Extra photos", ""], (user) => [
    user.id, user.role, user.plan, String(user.extra_quota), button("Give 10 photos", async () => {
      if (!(await ask("Give 10 photos?", `${user.id} may stage 10 more photos each period.`, "Give"))) return;
      await patch(`/v1/admin/users/${encodeURIComponent(user.id)}`, {extra_quota: user.extra_quota + 10});
      await users(body);
    }, {class: "quiet", "aria-label": `Give 10 photos to ${user.id}`})]);
}

function audit(body) {
  return paged(body, "/v1/admin/audit", ["When", "By", "What", "Of"], (entry) => [clock(entry.at), entry.by, entry.action, entry.subject]);
}
