// Photos from a drop, a file button or a folder; what can be said about a file before it is sent.

import {bytes} from "./dom.js";

const TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", jpe: "image/jpeg", jfif: "image/jpeg", jif: "image/jpeg", png: "image/png",
  webp: "image/webp", heic: "image/heic", heif: "image/heif", hif: "image/heic", avif: "image/avif", tif: "image/tiff",
  tiff: "image/tiff",
};
export const ACCEPT = Object.keys(TYPES).map((ending) => `.${ending}`).join(",");

// What people also call rooms, in file names.
const ALSO = {
  living: "living_room", livingroom: "living_room", lounge: "living_room", master_bedroom: "bedroom", bath: "bathroom",
  dining: "dining_room", diningroom: "dining_room", study: "office", hall: "entryway", hallway: "entryway",
  entrance: "entryway", balcony: "outdoor", garden: "outdoor", patio: "outdoor", terrace: "outdoor",
};

export function contentType(file) {
  return TYPES[file.name.split(".").pop().toLowerCase()] || file.type || "";
}

/** `Living-room 2.jpg` is a living room, `IMG_0042.jpg` could be anything: "auto". */
export function guessedRoom(name, rooms) {
  const words = `_${(name.replace(/\.[^.]*$/, "").toLowerCase().match(/[a-z]+/g) || []).join("_")}_`;
  const known = {...Object.fromEntries(rooms.map((room) => [room, room])),
    ...Object.fromEntries(Object.entries(ALSO).filter(([, room]) => rooms.includes(room)))};
  const named = Object.keys(known).filter((word) => words.includes(`_${word}_`));
  return named.length ? known[named.reduce((best, each) => (each.length > best.length ? each : best))] : "auto";
}

/** Why a file cannot be sent and what to do, or "". */
export function objection(file, limits) {
  const type = contentType(file);
  const unnamed = !type && !file.name.includes("."); // the server looks into the file itself
  if (!unnamed && !limits.content_types.includes(type)) {
    return "This is not a photo the server takes. Export it as JPEG, PNG, WebP, HEIC or TIFF and drop it again.";
  }
  if (file.size === 0) return "This file is empty. Copy it from the camera again.";
  if (file.size > limits.max_bytes) {
    return `This file has ${bytes(file.size)}; at most ${bytes(limits.max_bytes)} can be sent. Export a smaller copy.`;
  }
  return "";
}

/** The files of a drop, those in dropped folders too, in the order of their names; hidden files are left out. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return sorted(found);
}

/** Files of a chosen folder: only those that look like photos. */
export function fromFolder(list) {
  return sorted([...list].filter((file) => !file.name.startsWith(".") && contentType(file).startsWith("image/")));
}

function sorted(files) {
  return files.sort((a, b) => a.name.localeCompare(b.name, undefined, {numeric: true}));
}

async function walk(entry, found, inFolder = false) {
  if (entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => { entry.file(resolve, reject); });
    if (!inFolder || contentType(file).startsWith("image/")) found.push(file);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (!some.length) return;
    for (const each of some) await walk(each, found, true);
  }
}

const WIDTH = 480;
let decoding = Promise.resolve();

/** Draws a small picture of the file on the canvas, one file at a time and off the main thread; false: cannot. */
export function preview(file, canvas) {
  const drawn = decoding.then(async () => {
    if (!canvas.isConnected) return false;
    try {
      const picture = await createImageBitmap(file, {resizeWidth: WIDTH, resizeQuality: "medium"});
      canvas.width = picture.width;
      canvas.height = picture.height;
      canvas.getContext("2d").drawImage(picture, 0, 0);
      picture.close();
      return true;
    } catch {
      return false;
    }
  });
  decoding = drawn.catch(() => {});
  return drawn;
}
