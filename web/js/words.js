// What states and verdicts are called for people.

const JOBS = {
  awaiting_upload: "Waiting for the photo", queued: "In line", processing: "Being furnished", ready: "Virtually staged",
  failed: "Not staged", canceled: "Canceled",
};
const VERDICTS = {pass: "Room unchanged", review: "Please look closely", fail: "The room was changed"};
const REASONS = {
  blank: "the result is blank", near_identical: "nothing was added", other_view: "it shows another view",
  reframed: "the frame moved", stretched: "the picture is stretched", lines_lost: "edges of the room are missing",
  lines_added: "edges were added that the room does not have", surfaces_changed: "walls, floor or windows look different",
};

export const jobWords = (job) => JOBS[job.status] || job.status;
export const isEnded = (job) => ["ready", "failed", "canceled"].includes(job.status);

/** {kind, title, text} of the picture check, or null without one. */
export function verdict(job) {
  if (!job.check) return null;
  const reasons = (job.check.reasons || []).map((code) => REASONS[code] || code);
  const text = [reasons.length ? `${reasons.join(", ")}.` : "", job.charged ? "" : "Not charged."].filter(Boolean).join(" ");
  return {kind: job.check.verdict, title: VERDICTS[job.check.verdict] || job.check.verdict,
    text: text && text[0].toUpperCase() + text.slice(1)};
}

export function problemWords(error) {
  return error ? [error.title, error.detail].filter(Boolean).map((each) => (/[.!?]$/.test(each) ? each : `${each}.`)).join(" ") : "";
}

/** "about 40 s", "about 3 min". */
export function timeWords(seconds) {
  return seconds < 90 ? `about ${Math.max(5, Math.ceil(seconds / 5) * 5)} s` : `about ${Math.ceil(seconds / 60)} min`;
}
