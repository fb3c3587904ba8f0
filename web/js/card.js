// One photo of a listing: its picture, how far it is, what can be done. `draw` shows it as it is now.

import {call, post, remove} from "./api.js";
import {ask, button, el, show} from "./dom.js";
import {lazily} from "./files.js";
import {preview} from "./photos.js";
import {nameOf, preferred} from "./session.js";
import {drop, fileOf, send, stateOf} from "./uploads.js";
import {isEnded, jobWords, markOf, problemWords, verdict} from "./words.js";

/** acts: {changed(image), removed(image), open(image, job)}. Returns {node, draw(image), drawUpload()}. */
export function card(image, acts) {
  const picture = el("div", {class: "picture"});
  const title = el("h3", {}, image.filename);
  const state = el("div", {class: "state"});
  const actions = el("div", {class: "row"});
  const node = el("li", {class: "photo", "data-image": image.id}, picture, el("div", {class: "text"}, title, state, actions));
  let photo = image;
  let drawnPicture = "";
  let drawnActions = "";

  function draw(found = photo) {
    photo = found;
    const job = latest(photo);
    drawPicture(job);
    drawState(job);
    drawActions(job);
  }

  /** Staged thumbnail, else the server's thumbnail, else the file's own preview. */
  function drawPicture(job) {
    const ready = photo.jobs.filter((each) => each.status === "ready").at(-1);
    const wanted = ready ? `job ${ready.id}` : photo.status === "ready" ? "image" : "file";
    if (wanted === drawnPicture) return;
    drawnPicture = wanted;
    if (ready) {
      const style = ready.style ? `, ${nameOf("styles", ready.style)}` : "";
      const shown = lazily(el("img", {alt: `${photo.filename}, ${markOf(ready).toLowerCase()}${style}`}), "jobs", ready.id, "thumbnail");
      show(picture, el("button", {type: "button", class: "open", "aria-label": `Compare ${photo.filename} with the original`,
        onclick: () => acts.open(photo, ready)}, shown, el("span", {class: "tag right", "aria-hidden": "true"}, markOf(ready))));
    } else if (photo.status === "ready") {
      show(picture, lazily(el("img", {alt: `${photo.filename}, the original`}), "images", photo.id, "thumbnail"));
    } else if (fileOf(photo.id)) {
      const canvas = el("canvas", {role: "img", "aria-label": `Preview of ${photo.filename}`});
      show(picture, canvas);
      setTimeout(() => preview(fileOf(photo.id), canvas).then((drawn) => {
        if (!drawn) picture.dataset.words = photo.status === "awaiting_upload" ? "Preview follows" : "No preview";
      }));
    }
  }

  function drawState(job) {
    const sending = photo.status === "awaiting_upload" && stateOf(photo.id);
    if (sending) {
      const bar = el("progress", {max: 1, "aria-label": `Upload of ${photo.filename}`});
      bar.value = sending.share;
      const words = {waiting: "Waiting to be sent", sending: `Sending, ${Math.round(sending.share * 100)} %`,
        paused: sending.words, sent: "Sent; being looked at", failed: sending.words}[sending.phase];
      show(state, el("p", {class: sending.phase === "failed" ? "bad" : ""}, words), sending.phase !== "failed" && bar);
    } else if (photo.status === "rejected" || photo.status === "expired") {
      show(state, el("p", {class: "bad"}, problemWords(photo.error) || "This photo did not arrive in time. Drop it again."));
    } else if (isLost()) {
      show(state, el("p", {class: "warn"}, "The photo has not arrived, and this window is not sending it. If no other window or device is, choose the file again."));
    } else if (!job) {
      show(state, el("p", {}, "Original only"));
    } else {
      const check = job.status === "ready" && verdict(job);
      const settings = [job.room_type && nameOf("room_types", job.room_type), job.style && nameOf("styles", job.style)];
      show(state, el("p", {class: job.status === "failed" ? "bad" : job.status === "ready" ? "good" : "busy"},
        job.status === "failed" ? `${problemWords(job.error)} Not charged.` : jobWords(job)),
      el("p", {class: "soft"}, settings.filter(Boolean).join(" · ")),
      check && check.kind !== "pass" && el("p", {class: "warn"}, `${check.title}. ${check.text}`));
    }
  }

  function drawActions(job) {
    const many = photo.jobs.filter((each) => each.status === "ready").length;
    const wanted = [photo.status, job?.id, job?.status, many, photo.jobs.length, isLost()].join();
    if (wanted === drawnActions) return;
    drawnActions = wanted;
    const label = (words) => ({class: "quiet", "aria-label": `${words} ${photo.filename}`});
    const ready = photo.jobs.filter((each) => each.status === "ready").at(-1);
    const running = photo.jobs.filter((each) => !isEnded(each));
    const usable = photo.status === "ready" || photo.status === "awaiting_upload";
    show(actions,
      isLost() && button("Choose the file", chooseAgain, {class: "quiet", "aria-label": `Choose the file of ${photo.filename} again`}),
      ready && button(many > 1 ? `Compare (${many})` : "Compare", () => acts.open(photo, ready), {class: "quiet"}),
      running.length > 0 && button("Cancel", async () => {
        for (const each of running) take(await call("POST", `/v1/jobs/${each.id}/cancel`));
      }, label("Cancel staging of")),
      usable && job && ["failed", "canceled"].includes(job.status) && button("Try again", async () => take(await post(`/v1/jobs/${job.id}/retry`)), label("Try again with")),
      photo.status === "ready" && !ready && !running.length && !job && styleButton(),
      button("Delete", async () => {
        if (!(await ask("Delete this photo?", `“${photo.filename}” and its results go. What was used is not given back.`, "Delete", {danger: true}))) return;
        await remove(`/v1/images/${photo.id}`);
        await drop(photo.id);
        acts.removed(photo);
      }, label("Delete")));
  }

  /** Announced, but no file on its way from here: it was kept by another browser, or by none. */
  function isLost() {
    return photo.status === "awaiting_upload" && !stateOf(photo.id);
  }

  function chooseAgain() {
    const picker = el("input", {type: "file", onchange: () => {
      send([{imageId: photo.id, projectId: photo.project_id, file: picker.files[0], form: null}]).then(() => draw());
    }});
    picker.click();
  }

  function styleButton() {
    return button("Stage it", async () => {
      const answer = await post("/v1/jobs", {items: [{image_id: photo.id, settings: preferred()}]});
      (answer.items[0].jobs || [answer.items[0].job]).forEach(take);
    }, {class: "quiet"});
  }

  function take(job) {
    photo.jobs = [...photo.jobs.filter((each) => each.id !== job.id), job].sort((a, b) => (a.id < b.id ? -1 : 1));
    acts.changed(photo);
  }

  draw();
  return {node, draw, drawUpload: () => draw(), image: () => photo};
}

/** The newest job that is not canceled, else the newest. */
export function latest(image) {
  return image.jobs.filter((job) => job.status !== "canceled").at(-1) || image.jobs.at(-1);
}
