// Reads a loaded page and returns plain facts; runs with the page's own scripts on or off, in screen and print media.
// On paper, arguments[0] names the kind of page (CSS `page`) whose content is asked for; null on a screen.
const sheet = arguments[0];
const root = document.documentElement;
const name = (element) =>
  `<${element.localName}${element.id ? "#" + element.id : ""}${element.classList.length ? "." + element.classList[0] : ""}>`;
const visible = (element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });

const sheets = new Map();
const sheetOf = (element) => {
  if (!element) return "auto";
  if (!sheets.has(element)) {
    const own = getComputedStyle(element).page;
    sheets.set(element, own && own !== "auto" ? own : sheetOf(element.parentElement));
  }
  return sheets.get(element);
};
const elements = [...document.body.querySelectorAll("*:not(svg *)")]
  .filter((element) => visible(element) && (sheet === null || sheetOf(element) === sheet));

// A box that scrolls keeps its content reachable on a screen, not on paper. An ellipsis admits to what it leaves out.
const reachable = (element) => {
  for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
    const style = getComputedStyle(box);
    if (sheet === null && /auto|scroll/.test(style.overflowX)) return true;
    if (style.overflowX !== "visible" && style.textOverflow === "ellipsis") return true;
    if (style.clipPath !== "none" || box.getBoundingClientRect().width <= 1) return true; // for screen readers only
  }
  return false;
};
const sticksOut = elements
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([element, box]) => box.width > 1 && box.height > 1 && box.right > root.clientWidth + 1 && !reachable(element))
  .map(([element, box]) => `${name(element)} to ${Math.round(box.right)} px`);
const clipped = sheet === null ? [] : elements.filter((element) => {
  const style = getComputedStyle(element);
  return style.overflowX !== "visible" && style.textOverflow !== "ellipsis" && element.clientWidth > 1
    && element.scrollWidth > element.clientWidth + 1;
}).map(name);

const headings = [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].filter(visible)
  .map((heading) => ({
    level: Number(heading.localName[1]),
    text: heading.innerText.trim(),
    shown: heading.getBoundingClientRect().width > 1, // else it is for screen readers only
  }));

const named = (image) =>
  image.closest("[aria-hidden=true]") || image.getAttribute("aria-label") || image.getAttribute("aria-labelledby")
  || (image.localName === "img" ? image.hasAttribute("alt") : image.querySelector(":scope > title"))
  || /^(presentation|none)$/.test(image.getAttribute("role") || "");
const unnamed = [...document.querySelectorAll("img, svg")].filter((image) => !named(image)).map(name);

const ids = new Set();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  const box = element.getBoundingClientRect();
  if (/^(script|style|noscript|template)$/.test(element.localName) || box.width <= 1 || !visible(element)) continue;
  if (element.closest("svg")) continue;
  for (const [id] of node.data.matchAll(/\bT\d{4}(\.\d{3})?\b/g)) ids.add(id);
}

const colour = (element) => getComputedStyle(element).backgroundColor;
return {
  width: root.clientWidth,
  scrollWidth: Math.max(root.scrollWidth, document.body.scrollWidth),
  sticksOut: sticksOut.slice(0, 3),
  clipped: clipped.slice(0, 3),
  headings,
  unnamed: unnamed.slice(0, 3),
  ids: [...ids],
  background: colour(document.body) === "rgba(0, 0, 0, 0)" ? colour(root) : colour(document.body),
  controls: [...document.querySelectorAll("button, input, select")].filter(visible).map(name).slice(0, 3),
  details: document.querySelectorAll("details").length,
  pwned: window.pwned === undefined ? null : String(window.pwned),
};
