// Works a report as its reader would, by its own controls; returns what then stands there. Asynchronous:
// arguments[0] is the wish { framework, metric, category, level, color, platform, capability, find, expand }.
const wish = arguments[0];
const done = arguments[arguments.length - 1];
const one = (selector) => document.querySelector(("[data-explorer] " + selector).trim());
const say = (node, type) => node.dispatchEvent(new Event(type, { bubbles: true }));

const choose = (name, value) => {
  const select = one(`[data-${name}]`);
  if (select.value === value) return;
  select.value = value;
  if (select.value !== value) throw new Error(`${name} does not offer ${value}`);
  say(select, "change");
};
const tick = (boxes, wanted) => {
  for (const box of boxes().filter((each) => each.checked && !wanted.includes(each.value))) box.click();
  for (const box of boxes().filter((each) => !each.checked && wanted.includes(each.value))) box.click();
  const ticked = boxes().filter((each) => each.checked).map((each) => each.value);
  if (ticked.length !== wanted.length) throw new Error(`ticked ${ticked}, not ${wanted}`);
};
const boxesOf = (selector) => () => [...document.querySelectorAll(`[data-explorer] ${selector} input[type='checkbox']`)];
const open = (pick) => {
  const details = one(`[data-pick='${pick}']`);
  details.open = true;
  say(details, "toggle");
};

const saved = (kind) => {
  const blobs = [];
  const [make, click] = [URL.createObjectURL, HTMLAnchorElement.prototype.click];
  URL.createObjectURL = (blob) => { blobs.push(blob); return "blob:taken"; };
  HTMLAnchorElement.prototype.click = () => {};
  one(`[data-save='${kind}']`).click();
  URL.createObjectURL = make;
  HTMLAnchorElement.prototype.click = click;
  return blobs[0].text();
};

(async () => {
  one("[data-reset]").click();
  const facts = JSON.parse(document.getElementById("explorer-data").textContent);
  if (wish.framework !== undefined) choose("framework", String(wish.framework));
  if (wish.metric) choose("metric", wish.metric);
  if (wish.color) choose("color", wish.color);
  if (wish.level) choose("level", String(wish.level));
  const categories = (wish.category || []).map((name) => String(["Protect", "Detect", "Respond"].indexOf(name)));
  tick(boxesOf("[data-categories]"), categories);
  if (wish.platform) {
    open("platforms");
    tick(boxesOf("[data-pick='platforms']"), wish.platform.map((name) => String(facts.platforms.indexOf(name))));
  }
  if (wish.capability) {
    open("capabilities");
    const places = wish.capability.map((id) => facts.capabilities.findIndex((each) => each.id === id));
    tick(boxesOf("[data-pick='capabilities']"), places.map(String));
  }
  if (wish.expand) one("[data-expand='all']").click();
  if (wish.find) {
    one("[data-find]").value = wish.find;
    say(one("[data-find]"), "input");
  }
  const boards = [...document.querySelectorAll("[data-explorer] .board")].map((board) => ({
    told: (board.querySelector("h3 span") || {}).textContent || "",
    heads: [...board.querySelectorAll(".column:not([hidden]) .head span")].map((head) => head.textContent),
    cells: [...board.querySelectorAll(".column:not([hidden]) .cell:not([hidden])")].map((cell) => [
      cell.querySelector("i").textContent, cell.className, cell.dataset.score === undefined ? null : Number(cell.dataset.score),
      cell.querySelector("b").textContent, cell.querySelector("em").textContent,
    ]),
  }));
  return {
    figures: one("[data-figures]").textContent,
    took: Number(one("").dataset.took),
    boards,
    layer: wish.layer ? JSON.parse(await saved("layer")) : null,
    svg: wish.svg ? await saved("svg") : null,
  };
})().then(done, (error) => done({ error: String(error.stack || error) }));
