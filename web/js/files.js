// Addresses of pictures: signed for an hour, asked for when they are needed, remembered until shortly before their end.

import {get} from "./api.js";

const SPARE = 300_000; // ms
const known = new Map();

/** kind: "images" or "jobs". */
export function pictureUrl(kind, id, variant, download = false) {
  const path = `/v1/${kind}/${id}/file?variant=${variant}&expires_in=3600${download ? "&download=1" : ""}`;
  const found = known.get(path);
  if (found && found.ends > Date.now()) return found.url;
  const url = get(path).then((file) => {
    known.set(path, {url, ends: Date.parse(file.expires_at) - SPARE});
    return file.url;
  });
  known.set(path, {url, ends: Date.now() + 60_000});
  url.catch(() => known.delete(path));
  return url;
}

/** Sets `src` once the picture comes near the screen. */
export function lazily(image, kind, id, variant) {
  const seen = new IntersectionObserver(async (entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    try {
      image.src = await pictureUrl(kind, id, variant);
    } catch { /* the alt text stays */ }
  }, {rootMargin: "400px"});
  seen.observe(image);
  return image;
}

/** Saves a file under the name that the server gives it. */
export async function download(kind, id, variant) {
  const node = document.createElement("a");
  node.href = await pictureUrl(kind, id, variant, true);
  node.download = "";
  node.click();
}

export function save(blob, name) {
  const node = document.createElement("a");
  node.href = URL.createObjectURL(blob);
  node.download = name;
  node.click();
  setTimeout(() => URL.revokeObjectURL(node.href), 60_000);
}
