// Before and after, one picture over the other. The control is a native range: keys, touch and its role come with it.

import {el} from "./dom.js";

const STEP = 2;

/** before, after: image elements of one size. */
export function compare(before, after, name, mark) {
  const range = el("input", {type: "range", min: "0", max: "100", step: STEP, value: "50",
    "aria-label": `${name}: share of the original shown`});
  const line = el("div", {class: "line", "aria-hidden": "true"});
  const over = el("div", {class: "over"}, before);
  const node = el("div", {class: "compare"}, after, over, line,
    el("span", {class: "tag left"}, "Original"), el("span", {class: "tag right"}, mark), range);
  const place = () => {
    range.setAttribute("aria-valuetext", `${range.value} percent original`);
    node.style.setProperty("--at", `${range.value}%`);
  };
  range.addEventListener("input", place);
  place();
  return node;
}
