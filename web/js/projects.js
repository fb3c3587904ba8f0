// The list of listings: open one, add one, rename, delete.

import {get, patch, post, remove} from "./api.js";
import {ask, button, day, dialog, dollars, el, input, link, notice, several, show} from "./dom.js";

export async function open(main) {
  let page = await get("/v1/projects?limit=50");
  const list = el("ul", {class: "cards"});
  const more = button("Show more", async () => {
    page = await get(`/v1/projects?limit=50&cursor=${encodeURIComponent(page.next_cursor)}`);
    draw(page.items);
  }, {class: "quiet"});

  function draw(projects) {
    list.append(...projects.map((project) => card(project)));
    more.hidden = !page.next_cursor;
  }

  show(main,
    el("div", {class: "heading"}, el("h1", {}, "Listings"), button("New listing", create, {class: "primary"})),
    page.items.length ? [list, more] : empty());
  draw(page.items);
}

function empty() {
  return [el("section", {class: "empty"},
    el("h2", {}, "No listing yet"),
    el("p", {}, "A listing holds the photos of one property. Name it by its address, then drop the photos."))];
}

function create() {
  const name = input("Name of the listing", {name: "name", required: true, maxlength: 100, autocomplete: "off",
    placeholder: "5 Elm Street"});
  const form = el("form", {onsubmit: async (event) => {
    event.preventDefault();
    try {
      const made = await post("/v1/projects", {name: form.elements.name.value.trim()});
      node.close();
      location.hash = `#/project/${made.id}`;
    } catch (error) {
      notice(error.message, "bad");
    }
  }}, name, el("div", {class: "row end"}, el("button", {type: "submit", class: "primary"}, "Create")));
  const node = dialog("New listing", form, {class: "small"});
}

function card(project) {
  const cost = el("p", {class: "soft"}, " ");
  get(`/v1/projects/${project.id}/cost`).then((found) => {
    cost.textContent = found.job_count ? `${several(found.job_count, "result")} · ${dollars(found.total_cost_usd)}` : "No results yet";
  }, () => {});
  const title = link(project.name, `#/project/${project.id}`, {class: "cover"});
  const node = el("li", {class: "card"},
    el("h2", {}, title), el("p", {class: "soft"}, day(project.created_at)), cost,
    el("div", {class: "row above"},
      button("Rename", () => rename(project, title), {class: "quiet", "aria-label": `Rename ${project.name}`}),
      button("Delete", async () => {
        if (!(await sure(project))) return;
        await remove(`/v1/projects/${project.id}`);
        node.remove();
        notice(`“${project.name}” is deleted.`);
      }, {class: "quiet", "aria-label": `Delete ${project.name}`})));
  return node;
}

function sure(project) {
  return ask("Delete this listing?", `All photos and results of “${project.name}” go too. This cannot be undone.`,
    "Delete", {danger: true});
}

function rename(project, title) {
  const form = el("form", {onsubmit: async (event) => {
    event.preventDefault();
    try {
      Object.assign(project, await patch(`/v1/projects/${project.id}`, {name: form.elements.name.value.trim()}));
      title.textContent = project.name;
      node.close();
    } catch (error) {
      notice(error.message, "bad");
    }
  }}, input("Name", {name: "name", required: true, maxlength: 100, value: project.name}),
  el("div", {class: "row end"}, el("button", {type: "submit", class: "primary"}, "Save")));
  const node = dialog("Rename listing", form, {class: "small"});
}
