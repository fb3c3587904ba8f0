// The plan: what it holds, changing it, invoices and cards. Buying and cards happen on Stripe's pages.

import {get, patch, post} from "./api.js";
import {ask, button, columns, day, dollars, el, link, notice, show} from "./dom.js";
import {follow} from "./live.js";
import {session} from "./session.js";
import {readUsage} from "./top.js";

const PAID = ["active", "trialing", "past_due"];

export async function open(main, [outcome]) {
  const body = el("div");
  if (outcome) {
    history.replaceState(null, "", "#/plan");
    if (outcome === "done") notice("Thank you. Your new plan is active in a moment.");
    else notice("Nothing was bought.", "info");
  }
  show(main, el("div", {class: "heading"}, el("h1", {}, "Plan"),
    button("Invoices and cards at Stripe", portal)), body);

  const used = el("h2");
  const left = el("p", {class: "soft"});
  let turn = 0;
  let drawn = ""; // the plan that is shown
  let cost = null;

  function count() {
    const {usage} = session;
    used.textContent = `${usage.used} of ${usage.limit} photos used`;
    left.textContent = `${usage.remaining} left until ${day(usage.period_end)} · models cost ${dollars(cost.total_cost_usd)} so far for ${cost.job_count} results`;
  }

  async function draw() {
    const mine = ++turn;
    const [plans, subscription, costs, paid] = await Promise.all(
      [...["/v1/billing/plans", "/v1/billing/subscription", "/v1/account/cost"].map(get), payments()]);
    if (mine !== turn) return;
    cost = costs;
    drawn = session.usage.plan;
    count();
    show(body,
      el("section", {class: "panel"}, used, left, state(subscription, draw)),
      el("section", {}, el("h2", {}, "Plans"), el("div", {class: "plans"},
        plans.items.map((plan) => offer(plan, subscription, draw)))),
      paid);
  }

  await draw();
  return follow({usage: () => {
    count();
    if (session.usage.plan !== drawn) draw().catch(() => {});
  }});
}

function state(subscription, draw) {
  if (!PAID.includes(subscription.status)) return null;
  if (subscription.cancel_at_period_end) {
    return el("div", {class: "row"}, el("p", {}, `Ends on ${day(subscription.period_end)}.`),
      button("Keep the plan", async () => { await post("/v1/billing/subscription/resume"); await draw(); }));
  }
  return el("div", {class: "row"},
    subscription.past_due_until && el("p", {class: "bad"}, `The last payment failed. Update your card by ${day(subscription.past_due_until)}.`),
    subscription.next_plan && el("p", {}, `Changes to ${subscription.next_plan} on ${day(subscription.period_end)}.`),
    button("Cancel the plan", async () => {
      if (!(await ask("Cancel the plan?", `It stays until ${day(subscription.period_end)}.`, "Cancel the plan", {danger: true}))) return;
      await post("/v1/billing/subscription/cancel");
      await draw();
    }, {class: "quiet"}));
}

function offer(plan, subscription, draw) {
  const here = plan.id === session.usage.plan; // an administrator may give another than the one that is paid
  const isPaid = PAID.includes(subscription.status);
  const canChoose = Number(plan.price_usd) > 0 && !(isPaid && plan.id === subscription.plan);
  return el("article", {class: `panel ${here ? "here" : ""}`},
    el("h3", {}, plan.name), el("p", {class: "price"}, `$${plan.price_usd.replace(/\.00$/, "")}`),
    el("p", {class: "soft"}, `${plan.images_per_month} photos a month`),
    here ? el("p", {class: "good"}, "Your plan")
      : canChoose && button(`Choose ${plan.name}`, () => (isPaid ? change(plan, draw) : buy(plan)), {class: "primary"}));
}

async function buy(plan) {
  const {url} = await post("/v1/billing/checkout", {plan: plan.id});
  location.assign(url);
}

async function change(plan, draw) {
  const preview = await post("/v1/billing/subscription/preview", {plan: plan.id});
  const words = `Due now: ${preview.amount_due} ${preview.currency.toUpperCase()}. ${preview.images_this_period} photos in this period. In force from ${day(preview.effective_at)}.`;
  if (!(await ask(`Change to ${plan.name}?`, words, "Change"))) return;
  await patch("/v1/billing/subscription", {plan: plan.id, proration_date: preview.proration_date});
  notice(`Your plan is ${plan.name} now.`);
  await readUsage();
  await draw();
}

async function portal() {
  const {url} = await post("/v1/billing/portal");
  location.assign(url);
}

async function payments() {
  const [invoices, cards] = await Promise.all([get("/v1/billing/invoices?limit=12"), get("/v1/billing/payment-methods")]);
  if (!invoices.items.length && !cards.items.length) return null;
  return el("section", {}, el("h2", {}, "Payments"),
    cards.items.map((card) => el("p", {class: "soft"}, `${card.brand} ending in ${card.last4}, valid to ${card.exp_month}/${card.exp_year}${card.default ? " (used for renewals)" : ""}`)),
    el("div", {class: "table"}, el("table", {},
      columns(["Date", "Number", "Status", "Amount", ""]),
      el("tbody", {}, invoices.items.map((each) => el("tr", {}, el("td", {}, day(each.created_at)), el("td", {}, each.number || "–"),
        el("td", {}, each.status), el("td", {}, `${each.amount_due} ${each.currency.toUpperCase()}`),
        el("td", {}, each.pdf_url && link("PDF", each.pdf_url, {rel: "noreferrer", "aria-label": `Invoice ${each.number || ""} as PDF`}))))))));
}
