// For administrators: jobs, models, queues, users, audit. One table each, with the few actions that are needed daily.

import {get, patch, post} from "./api.js";
import {ask, button, clock, el, link, notice, show} from "./dom.js";

const PARTS = {jobs, models, queues, users, audit};
const NAMES = {jobs: "Jobs", models: "Models", queues: "Queues", users: "Users", audit: "Audit"};

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
    el("thead", {}, el("tr", {}, head.map((name) => el("th", {scope: "col"}, name)))),
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

async function models(body) {
  const {items} = await get("/v1/admin/models");
  const act = (model, what) => async () => {
    await post(`/v1/admin/models/${encodeURIComponent(model.id)}/${what}`);
    await models(body);
  };
  show(body, table(["Model", "State", "Price of a run", "Typical", ""], items.map((model) => [
    model.name, model.default ? "default" : model.enabled ? model.objection || "enabled" : "off", `$${model.price.run_usd}`,
    `${model.typical_seconds} s`,
    el("div", {class: "row"},
      model.enabled && !model.default && button("Make default", act(model, "make-default"), {class: "quiet"}),
      !model.default && button(model.enabled ? "Turn off" : "Turn on", act(model, model.enabled ? "disable" : "enable"), {class: "quiet"}))])));
}

async function queues(body) {
  const {items} = await get("/v1/admin/queues");
  show(body, table(["Queue", "Visible", "In flight", "Delayed", "Oldest", ""], items.map((queue) => [
    queue.name, String(queue.visible), String(queue.in_flight), String(queue.delayed),
    queue.oldest_seconds === null ? "–" : `${queue.oldest_seconds} s`,
    queue.depth > 0 && /dead/.test(queue.name) ? button("Send again", async () => {
      const moved = await post(`/v1/admin/queues/${encodeURIComponent(queue.name)}/redrive`);
      notice(`${moved.moved} sent again, ${moved.left} left.`);
      await queues(body);
    }, {class: "quiet"}) : ""])));
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
