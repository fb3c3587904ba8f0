// A listing: add photos, watch them, compare and download. State comes from the API; the socket is a hint.

import {all, get} from "./api.js";
import {card} from "./card.js";
import {button, el, link, notice, say, several, show} from "./dom.js";
import {drafts} from "./drafts.js";
import {pictureUrl, save} from "./files.js";
import {follow} from "./live.js";
import {openResults} from "./results.js";
import {session} from "./session.js";
import {stateOf, uploads} from "./uploads.js";
import {isEnded, timeWords} from "./words.js";
import {zip} from "./zip.js";

export async function open(main, [projectId]) {
  const [project, first] = await Promise.all([get(`/v1/projects/${projectId}`), all(`/v1/projects/${projectId}/images`)]);
  const cards = new Map(); // image id -> card
  const gone = new Set();
  let results = null;
  let reading = null;

  const list = el("ul", {class: "photos", "aria-label": "Photos"});
  const progress = el("div", {class: "progress", hidden: true});
  const downloadAll = button("Download all", () => saveAll(), {hidden: true});
  const adding = drafts(projectId, (images) => images.forEach(take));

  function take(image) {
    if (gone.has(image.id)) return;
    const there = cards.get(image.id);
    if (!there) {
      const made = card(sorted(image), {changed: take, removed: lose, open: compareIt});
      cards.set(image.id, made);
      list.append(made.node);
    } else {
      there.draw(merged(there.image(), image));
    }
    summarize();
    results?.draw();
  }

  function lose(image) {
    gone.add(image.id);
    cards.get(image.id)?.node.remove();
    cards.delete(image.id);
    summarize();
    results?.draw();
  }

  function takeJob(job) {
    if (job.project_id !== projectId || gone.has(job.image_id)) return;
    const there = cards.get(job.image_id);
    if (!there) return void look();
    const image = there.image();
    const known = image.jobs.find((each) => each.id === job.id);
    if (known && known.version >= job.version) return;
    if (job.status === "ready" && known?.status !== "ready") say(`${image.filename} is staged.`);
    if (job.status === "failed" && known?.status !== "failed") say(`${image.filename} was not staged.`);
    take({...image, jobs: [...image.jobs.filter((each) => each !== known), job]});
  }

  /** Everything again; once at a time. What another tab deleted goes here too. */
  function look() {
    reading ??= all(`/v1/projects/${projectId}/images`).then((images) => {
      images.sort(byId).forEach(take);
      const found = new Set(images.map((image) => image.id));
      for (const [id, each] of cards) if (!found.has(id) && !stateOf(id)) lose(each.image());
    }, () => {}).finally(() => { reading = null; });
    return reading;
  }

  function summarize() {
    const jobs = [...cards.values()].flatMap((each) => each.image().jobs);
    const ready = jobs.filter((job) => job.status === "ready");
    const left = jobs.filter((job) => !isEnded(job));
    downloadAll.hidden = ready.length === 0;
    downloadAll.textContent = `Download all (${ready.length})`;
    progress.hidden = left.length === 0;
    if (left.length) {
      const recent = jobs.filter((job) => left.some((each) => each.batch_id === job.batch_id));
      const ended = recent.length - left.length;
      const bar = el("progress", {max: recent.length, "aria-label": "Results"});
      bar.value = ended;
      show(progress, el("p", {}, `${ended} of ${several(recent.length, "result")} · ${timeWords(secondsLeft(jobs, left))} left`), bar);
    }
  }

  function compareIt(image, job) {
    results = openResults(() => cards.get(image.id)?.image(), job, take);
  }

  async function saveAll() {
    const files = [];
    const names = new Set();
    for (const each of cards.values()) {
      const image = each.image();
      for (const job of image.jobs.filter((one) => one.status === "ready")) {
        // Not from the cache: what an <img> brought there may not be read by scripts.
        const answer = await fetch(await pictureUrl("jobs", job.id, "staged"), {cache: "no-store"});
        if (!answer.ok) throw new Error("A picture could not be fetched. Try again.");
        const ending = (job.result?.content_type || "image/jpeg").split("/")[1].replace("jpeg", "jpg");
        files.push({name: unused(`${image.filename.replace(/\.[^.]*$/, "")}-staged`, ending, names),
          data: new Uint8Array(await answer.arrayBuffer())});
      }
    }
    save(zip(files), `${project.name.replace(/[\\/:*?"<>|]/g, " ")}.zip`);
    notice(`${several(files.length, "picture")} saved. Say “virtually staged” wherever you show them.`);
  }

  const uploadChanged = ({detail}) => cards.get(detail.imageId)?.drawUpload();
  uploads.addEventListener("upload", uploadChanged);
  const unfollow = follow({
    job: takeJob,
    image: (image) => {
      if (image.project_id !== projectId) return;
      const there = cards.get(image.id);
      if (there) take({...image, jobs: there.image().jobs});
      else look();
    },
    look,
  });

  show(main,
    el("div", {class: "heading"}, el("div", {}, link("Listings", "#/", {class: "soft"}), el("h1", {}, project.name)), downloadAll),
    adding.zone, adding.room, el("h2", {class: "unseen"}, "Photos"), progress, list);
  first.sort(byId).forEach(take);
  return () => {
    unfollow();
    adding.end();
    results?.close();
    uploads.removeEventListener("upload", uploadChanged);
  };
}

/** From measured times: the median of this listing, else the model's typical time; a few run side by side. */
function secondsLeft(jobs, left) {
  const measured = jobs.map((job) => job.duration_ms).filter(Boolean).sort((a, b) => a - b);
  const model = session.capabilities.models.find((each) => each.id === left[0].model);
  const each = measured.length ? measured[Math.floor(measured.length / 2)] / 1000 : model?.typical_seconds || 30;
  return each * Math.max(1, left.length / SIDE_BY_SIDE);
}
const SIDE_BY_SIDE = 4;

/** The newer of each; jobs by id. */
function merged(old, found) {
  const jobs = new Map(old.jobs.map((job) => [job.id, job]));
  const listed = found.jobs || old.jobs;
  for (const job of listed) {
    const known = jobs.get(job.id);
    if (!known || job.version >= known.version) jobs.set(job.id, job);
  }
  const kept = [...jobs.values()].filter((job) => listed.some((each) => each.id === job.id) || !isEnded(job));
  return sorted({...(found.version >= old.version ? found : old), jobs: kept});
}

function sorted(image) {
  return {...image, jobs: [...image.jobs].sort(byId)};
}

function byId(a, b) {
  return a.id < b.id ? -1 : 1;
}

function unused(stem, ending, names) {
  let name = `${stem}.${ending}`;
  for (let count = 2; names.has(name.toLowerCase()); count += 1) name = `${stem}-${count}.${ending}`;
  names.add(name.toLowerCase());
  return name;
}
