// What states and verdicts are called for people.

const JOBS = {
  awaiting_upload: "Waiting for the photo", queued: "In line", processing: "Being furnished", ready: "Virtually staged",
  failed: "Not staged", canceled: "Canceled",
};
const DONE = {staging: "Virtually staged", declutter: "Virtually cleared", enhancement: "Digitally improved"};
const DOING = {staging: "Being furnished", declutter: "Being cleared", enhancement: "Being improved"};
export const MODES = [["staging", "Furnish the room"], ["declutter", "Clear the room"], ["enhancement", "Improve the picture"]];
export const POLICIES = [["", "As this server is set"], ["reroll", "Try again, then deliver the best one"], ["report", "Deliver it and say so"], ["refuse", "Try again, then refuse it"]];
export const SIZES = [["", "As this server is set"], ["source", "As large as the photo"], ["model", "As the model makes them"]];
export const FORMATS = [["", "As this server is set"], ["jpg", "JPEG"], ["webp", "WebP"], ["png", "PNG"]];
const VERDICTS = {pass: "The room is unchanged", review: "Please look closely", fail: "The room was changed"};
const REASONS = {
  blank: "the result is blank", near_identical: "nothing was added", other_view: "it shows another view",
  reframed: "it was framed anew", stretched: "the picture is stretched", lines_lost: "edges of the room are missing",
  lines_added: "edges were added that the room does not have", surfaces_changed: "walls, floor or ceiling look different",
};

export const jobWords = (job) => ({ready: markOf(job), processing: DOING[job.mode]})[job.status] || JOBS[job.status] || job.status;
/** What has to stand beside the picture wherever it is shown. */
export const markOf = (job) => DONE[job.mode] || DONE.staging;
export const isEnded = (job) => ["ready", "failed", "canceled"].includes(job.status);

/** {kind, title, text} of the picture check, or null without one. */
export function verdict(job) {
  if (!job.check) return null;
  const text = [reasonWords(job.check.reasons), job.charged ? "" : "Not charged."].filter(Boolean).join(" ");
  return {kind: job.check.verdict, title: VERDICTS[job.check.verdict] || job.check.verdict, text};
}

/** The report's figures as sentences. */
export function reportWords(report) {
  const share = (part) => `${Math.round(part * 100)} %`;
  const judged = report.tiles.scores.flat().filter((score) => score !== null);
  const low = judged.filter((score) => score < 0.5).length;
  const frame = report.frame?.frame;
  return [
    `Score ${report.score.toFixed(2)} of 1; below 0.50 the picture fails, from 0.70 on it passes.`,
    `${share(report.lines.kept)} of the photo’s straight edges are still there; ${share(report.lines.added)} of the picture’s are new, as furniture brings them.`,
    report.verdict !== "pass" && low > 0 && `In ${low} of ${judged.length} parts of the picture, edges of the photo are hidden or gone.`,
    frame === "restored" && `${share(report.frame.restored_share)} of the pixels are the photo’s own.`,
    frame === "resized" && "The pixels are the model’s, at the photo’s size.",
    frame === "model" && "The picture is as the model made it.",
  ].filter(Boolean);
}

function reasonWords(codes) {
  const text = (codes || []).map((code) => REASONS[code] || code).join(", ");
  return text && `${text[0].toUpperCase()}${text.slice(1)}.`;
}

export function problemWords(error) {
  if (error?.code === "structure_changed") {
    return `${error.title}. Walls, windows or doors changed in every try. Try another style, or have such results delivered.`;
  }
  return error ? [error.title, error.detail].filter(Boolean).map((each) => (/[.!?]$/.test(each) ? each : `${each}.`)).join(" ") : "";
}

/** "about 40 s", "about 3 min". */
export function timeWords(seconds) {
  return seconds < 90 ? `about ${Math.max(5, Math.ceil(seconds / 5) * 5)} s` : `about ${Math.ceil(seconds / 60)} min`;
}
