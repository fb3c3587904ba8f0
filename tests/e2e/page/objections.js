// What is wrong with the page as it is now, in words. Evaluated by accessibility.py.
(() => {
// Every visible text against what is behind it. A veil over a picture is measured over white, its worst case.
const contrast = () => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const behind = (node) => {
    const layers = [];
    for (let each = node; each; each = each.parentElement) {
      const color = parse(getComputedStyle(each).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const light = (color) => {
    const [r, g, b] = color.map((part) => part / 255).map((part) => (part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    if (node.closest(":disabled, .unseen, script, noscript, option, [aria-hidden=true]")) continue;
    const style = getComputedStyle(node);
    const back = behind(node);
    const [a, b] = [light(over(parse(style.color), back)), light(back)].sort((one, other) => other - one);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (a + .05) / (b + .05);
    if (ratio < least) found.push(`${texts.currentNode.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return found;
};

// Links within a sentence are exempt, and a control that a larger one of the same purpose covers.
const small = () => [...document.querySelectorAll("a[href], button, select, input:not([type=file]), textarea, summary")]
  .filter((node) => node.checkVisibility({visibilityProperty: true}) && !node.matches(".skip, .cover"))
  .filter((node) => getComputedStyle(node).display !== "inline" || node.matches("input, select"))
  .filter((node) => { const box = (node.closest("label") || node).getBoundingClientRect(); return box.height < 24 || box.width < 24; })
  .map((node) => node.outerHTML.slice(0, 80));

// Headings, language, order, live region, names that lead somewhere, width.
const structure = () => {
  const heading = (tag) => [...document.querySelectorAll(tag)].filter((node) => node.checkVisibility()).length;
  const wrong = [];
  if (heading("h1") !== 1) wrong.push(`${heading("h1")} first headings`);
  if (!document.documentElement.lang) wrong.push("no language");
  if (document.querySelector("[tabindex]:not([tabindex='0']):not([tabindex='-1'])")) wrong.push("an order of its own");
  if (!document.querySelector("[role=status][aria-live=polite]")) wrong.push("no live region");
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id twice");
  const named = [...document.querySelectorAll("[aria-labelledby], [aria-describedby]")]
    .flatMap((node) => [node.getAttribute("aria-labelledby"), node.getAttribute("aria-describedby")]).filter(Boolean);
  named.filter((id) => !ids.includes(id)).forEach((id) => wrong.push(`nobody is called ${id}`));
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the screen");
  return wrong;
};

return [...contrast().map((each) => `contrast of ${each}`), ...small().map((each) => `too small: ${each}`), ...structure()];
})()
