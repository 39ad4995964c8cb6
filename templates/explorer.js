// The heatmap that answers its reader: filters, sides, keys, and the way into the panel of a technique
(function () {
  "use strict";

  const root = document.querySelector("[data-explorer]");
  const source = document.getElementById("explorer-data");
  if (!root || !source) return;

  const { CATEGORIES, LEVELS } = explorer;
  const MOST_SIDES = 4;
  const MARKS = { only: "only here", ahead: "strongest", same: "equal", behind: "less", elsewhere: "elsewhere" };
  const find = (name) => root.querySelector("[data-" + name + "]");
  const boards = find("boards");
  let model;
  let wish;
  let view;

  function element(name, properties, ...children) {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  // A text of a file: it may run from right to left.
  function given(text, name) {
    return element(name || "bdi", { dir: "auto", textContent: text });
  }

  function number(n) {
    return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  function said(n, one, many) {
    return number(n) + " " + (n === 1 ? one : many);
  }

  // ------------------------------------------------------------------------------------------------ what is wished

  function start() {
    const { rules } = model.facts;
    wish = {
      framework: null, categories: [], level: 0, platforms: [], capabilities: [],
      metric: rules.metric, color: rules.color, scores: true, ids: true, words: [], open: new Set(),
    };
  }

  // Takes a wish from the address.
  function hear(text) {
    if (!text || text === explorer.said(model, wish)) return;
    explorer.heard(model, text, wish);
    find("find").value = wish.words.join(" ");
    fillCategories();
    for (const pick of root.querySelectorAll(".pick")) pick.open = false;
    if (view) refresh();
  }

  function choices(place, entries, isOn, change) {
    place.replaceChildren(...entries.map(([value, label]) => {
      const box = element("input", { type: "checkbox", value: String(value), checked: isOn(value) });
      box.addEventListener("change", () => change(value, box.checked));
      const line = element("label", {}, box, " ", label);
      return place.localName === "ul" ? element("li", {}, line) : line;
    }));
  }

  function toggle(list, value, isOn) {
    const kept = list.filter((one) => one !== value);
    return isOn ? [...kept, value].sort((a, b) => a - b) : kept;
  }

  function fillControls() {
    const { facts } = model;
    const options = (select, entries) =>
      select.replaceChildren(...entries.map(([value, textContent]) => element("option", { value, textContent })));
    options(find("metric"), facts.rules.metrics.map(([key, name]) => [key, name]));
    options(find("framework"), [["", "all"], ...facts.frameworks.map((one, place) => [String(place), one.label])
      .filter(([place]) => facts.frameworks[place].involved)]);
    root.querySelector("[data-if='several']").hidden = facts.frameworks.filter((one) => one.involved).length < 2;
    const fieldset = find("categories");
    const boxes = element("span", {});
    fieldset.append(boxes);
    fillCategories();
    fieldset.hidden = facts.base.categories.length < 2 ||
      !facts.capabilities.some((one) => one.maps.some((bits, at) => at % 2 && bits >> 4));
    const isScored = facts.frameworks.some((one) => one.scored && one.involved);
    for (const name of ["metric", "level", "color"]) find(name).parentNode.hidden = !isScored;
  }

  function fillCategories() {
    choices(find("categories").querySelector("span"), model.facts.base.categories.map((place) => [
      place, element("span", { className: "hue " + CATEGORIES[place].toLowerCase(), textContent: CATEGORIES[place] }),
    ]), (place) => wish.categories.includes(place), (place, isOn) => {
      wish.categories = toggle(wish.categories, place, isOn);
      refresh();
    });
  }

  // How many techniques it maps that ATT&CK still has, as tables count them.
  function active(capability) {
    const isActive = (place) => !(model.facts.techniques[place][4] & 2);
    return capability.maps.filter((place, at) => at % 2 === 0 && isActive(place)).length;
  }

  function offered() {
    return model.capabilities.filter((one) => wish.framework === null || one.framework === wish.framework);
  }

  // Long lists are made when they are opened.
  function fillCapabilities(pick) {
    const list = pick.querySelector("ul");
    const several = model.facts.frameworks.filter((one) => one.involved).length > 1 && wish.framework === null;
    const entries = offered().sort(byName).map((one) => {
      const count = element("small", { textContent: number(active(one)) });
      const label = element("span", {}, given(one.name), " ",
        several ? element("small", {}, given(model.facts.frameworks[one.framework].label)) : null, " ", count);
      return [one.place, label];
    });
    choices(list, entries, (place) => wish.capabilities.includes(place), (place, isOn) => {
      wish.capabilities = toggle(wish.capabilities, place, isOn);
      refresh();
      limit(pick);
    });
    limit(pick);
    narrow(pick);
  }

  function limit(pick) {
    const isFull = wish.capabilities.length >= MOST_SIDES;
    for (const box of pick.querySelectorAll("input[type='checkbox']")) box.disabled = isFull && !box.checked;
  }

  function narrow(pick) {
    const words = explorer.wordsOf(pick.querySelector("input[type='search']").value);
    for (const line of pick.querySelectorAll("li")) {
      line.hidden = !fits(line.textContent.toLowerCase(), words);
    }
  }

  function fillPlatforms(pick) {
    const { base, platforms, techniques } = model.facts;
    const used = new Set(techniques.flatMap((technique) => technique[3]));
    const entries = platforms.map((name, place) => [place, name])
      .filter(([place, name]) => used.has(place) && (!base.platforms.length || base.platforms.includes(name)));
    choices(pick.querySelector("ul"), entries, (place) => wish.platforms.includes(place), (place, isOn) => {
      wish.platforms = toggle(wish.platforms, place, isOn);
      refresh();
    });
  }

  function fits(text, words) {
    return words.every((word) => text.includes(word));
  }

  function showWish() {
    find("metric").value = wish.metric;
    find("framework").value = wish.framework === null ? "" : String(wish.framework);
    find("level").value = String(wish.level);
    find("color").value = wish.color;
    for (const box of root.querySelectorAll("[data-show]")) box.checked = wish[box.dataset.show];
    const named = (list, names) => (list.length ? list.map((place) => names[place]).join(", ") : "all");
    const capabilities = wish.capabilities.map((place) => model.capabilities[place].name);
    const tell = (pick, text) => {
      root.querySelector("[data-pick='" + pick + "'] [data-said]").replaceChildren(given(text));
    };
    tell("capabilities", capabilities.length ? capabilities.join(", ") : "all");
    tell("platforms", named(wish.platforms, model.facts.platforms));
    root.classList.toggle("no-scores", !wish.scores);
    root.classList.toggle("no-ids", !wish.ids);
  }

  // --------------------------------------------------------------------------------------------------- the boards

  // Coverages under the wish: together, and one for each board.
  function compute() {
    const picks = wish.capabilities;
    const together = explorer.add(model, wish, picks);
    // Several sides have one metric and one ramp, as in a comparison.
    const isScored = together.metric === wish.metric && together.metric !== "count" ? true : undefined;
    const shared = isScored ? Object.assign({}, wish, { isScored }) : wish;
    const sides = picks.length < 2 ? [together] : picks.map((place) => explorer.add(model, shared, [place]));
    const top = Math.max(...sides.map((side) => side.top));
    const facts = { together, sides, top };
    facts.names = picks.map((place) => model.capabilities[place].name.toLowerCase());
    return facts;
  }

  // How the cell of a side stands to the others.
  function mark(place, side) {
    if (view.sides.length < 2) return "";
    const scores = view.sides.map((one) => {
      const cell = one.cells[place];
      return cell && cell.capabilities.length ? cell.own || 0 : null;
    });
    const there = scores.filter((score) => score !== null);
    if (!there.length) return "";
    if (scores[side] === null) return "elsewhere";
    if (there.length === 1) return "only";
    const most = Math.max(...there);
    if (scores[side] < most) return "behind";
    return there.filter((score) => score === most).length > 1 ? "same" : "ahead";
  }

  function build() {
    const count = Math.max(1, wish.capabilities.length);
    const made = [];
    for (let side = 0; side < count; side += 1) made.push(board(side, count));
    boards.replaceChildren(...made.map((one) => one.node));
    boards.dataset.sides = String(count);
    view.boards = made;
    view.key = wish.capabilities.join();
  }

  // As ATT&CK and the static heatmap have them; those of one name stay in the order of their ids.
  function byName(a, b) {
    const [left, right] = [a.name.toLowerCase(), b.name.toLowerCase()];
    return left < right ? -1 : left > right ? 1 : 0;
  }

  function board(side, count) {
    const { facts } = model;
    const grid = element("div", { className: "field" });
    const made = { side, grid, columns: [], records: [], current: null };
    grid.setAttribute("role", "grid");
    grid.setAttribute("aria-describedby", "explorer-keys");
    const capability = model.capabilities[wish.capabilities[side]];
    grid.setAttribute("aria-label", (capability ? capability.name : facts.name) + " on " + facts.attack.title);
    const byTactic = facts.tactics.map(() => []);
    for (const technique of model.techniques) {
      if (!technique.isSub) technique.tactics.forEach((tactic) => byTactic[tactic].push(technique));
    }
    facts.tactics.forEach(([, , name], tactic) => {
      if (!byTactic[tactic].length) return;
      byTactic[tactic].sort(byName);
      const column = { node: element("div", { className: "column" }), tactic, records: [], count: element("span", {}) };
      const head = element("div", { className: "head" }, name + " ", column.count);
      head.setAttribute("role", "rowheader");
      column.node.setAttribute("role", "row");
      column.node.append(head);
      for (const technique of byTactic[tactic]) {
        const record = cellOf(made, column, technique, null);
        column.records.push(record);
        column.node.append(record.node);
      }
      made.columns.push(column);
      grid.append(column.node);
    });
    const head = count > 1 || capability
      ? element("h3", {}, given(capability.name), " ", element("span", { className: "quiet" })) : null;
    made.told = head && head.lastChild;
    made.scroll = element("div", { className: "scroll" }, grid);
    made.node = element("div", { className: "board" }, head, made.scroll);
    if (made.records.length) rove(made, made.records[0]);
    return made;
  }

  function cellOf(board, column, technique, parent) {
    const record = { board, column, technique, parent, subs: null, isShown: true, key: "" };
    record.label = element("b", {});
    record.mark = element("em", {});
    record.node = element("div", { className: "cell", tabIndex: -1 },
      element("span", { className: "name", textContent: technique.name.replace(/\//g, "/\u200b") }),
      " ", record.label, " ", record.mark, " ", element("i", { textContent: technique.id }));
    record.node.setAttribute("role", "gridcell");
    record.node.dataset.place = String(board.records.length);
    record.below = parent ? [] : technique.subs.filter((sub) => sub.tactics.includes(column.tactic));
    if (record.below.length) {
      record.count = element("span", {});
      record.twist = element("span", { className: "twist" },
        element("span", { className: "vh", textContent: "Sub-techniques covered: " }), record.count);
      record.node.append(" ", record.twist);
    }
    board.records.push(record);
    return record;
  }

  function openSubs(record) {
    if (record.subs) return;
    record.subs = record.below.map((sub) => cellOf(record.board, record.column, sub, record));
    record.node.after(...record.subs.map((sub) => sub.node));
    for (const sub of record.subs) sub.node.classList.add("sub");
  }

  // Writes only what has changed.
  function paint(record, face, marked) {
    const key = [face.style, face.label, face.score, marked].join("|");
    if (record.key === key) return;
    record.key = key;
    record.node.className = "cell " + (record.parent ? "sub " : "") + face.style + (marked ? " " + marked : "");
    record.label.textContent = face.label;
    record.mark.textContent = marked ? MARKS[marked] : "";
    if (face.score === null) delete record.node.dataset.score;
    else record.node.dataset.score = String(face.score);
  }

  function show(record, isShown) {
    if (record.isShown === isShown) return;
    record.isShown = isShown;
    record.node.hidden = !isShown;
  }

  // Which techniques the words find: by id, by name, and by the capabilities that map them now.
  function search() {
    if (!wish.words.length) return null;
    const hits = new Set();
    for (const technique of model.techniques) {
      const cell = view.together.cells[technique.place];
      const names = cell ? cell.capabilities.map((one) => model.capabilities[one.place].name) : [];
      const text = [technique.id, explorer.fullName(technique), ...names].join(" ").toLowerCase();
      if (fits(text, wish.words)) hits.add(technique.place);
    }
    return hits;
  }

  function refreshBoard(board) {
    const coverage = view.sides[board.side];
    const faces = new Map();
    const look = (place) => {
      if (!faces.has(place)) {
        faces.set(place, [explorer.face(coverage, place, wish.color, view.top), mark(place, board.side)]);
      }
      return faces.get(place);
    };
    for (const column of board.columns) {
      let isUsed = false;
      for (const record of column.records) isUsed = refreshCell(record, coverage, look) || isUsed;
      column.node.hidden = !isUsed;
      const sums = explorer.figures(coverage, column.tactic);
      column.count.textContent = sums.mapped + " of " + sums.of;
    }
    if (board.told) board.told.textContent = figures(coverage).slice(0, 2).join(", ");
    if (!board.current || !explorer.isReachable(board.current)) {
      const first = board.records.find(explorer.isReachable);
      if (first) rove(board, first);
    }
  }

  // A technique shows when it is in scope, or a sub-technique of it in this tactic is; the search narrows that.
  function refreshCell(record, coverage, look) {
    const { place } = record.technique;
    const inScope = record.below.filter((sub) => coverage.inScope[sub.place]);
    const isFound = !view.hits || view.hits.has(place);
    const foundBelow = view.hits ? inScope.filter((sub) => view.hits.has(sub.place)) : [];
    const isShown = (coverage.inScope[place] || inScope.length > 0) && (isFound || foundBelow.length > 0);
    show(record, isShown);
    if (!isShown) {
      for (const sub of record.subs || []) show(sub, false);
      return false;
    }
    paint(record, ...look(place));
    if (!record.below.length) return true;
    const covered = inScope.filter((sub) => look(sub.place)[0].state === "covered").length;
    const told = inScope.length ? covered + "/" + inScope.length : "";
    if (record.count.textContent !== told) record.count.textContent = told;
    record.twist.hidden = !inScope.length;
    const isOpen = inScope.length > 0 && (wish.open.has(place) || foundBelow.length > 0);
    if (!inScope.length) record.node.removeAttribute("aria-expanded");
    else record.node.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) openSubs(record);
    for (const sub of record.subs || []) {
      const isHit = !view.hits || view.hits.has(sub.technique.place) || (isFound && wish.open.has(place));
      show(sub, isOpen && coverage.inScope[sub.technique.place] && isHit);
      if (sub.isShown) paint(sub, ...look(sub.technique.place));
    }
    return true;
  }

  // The figures in words, each with its denominator.
  function figures(coverage) {
    const sums = explorer.figures(coverage);
    const told = [number(sums.mapped) + " of " + number(sums.of) + " techniques and sub-techniques mapped",
      "(" + explorer.percent(sums.mapped, sums.of) + ")"];
    if (coverage.metric !== "count") {
      told.push("weighted " + explorer.percent(sums.weighted, 100 * sums.of) +
        " (" + number(sums.weighted) + " of " + number(100 * sums.of) + " points)");
    }
    return [told[0] + " " + told[1], ...told.slice(2)];
  }

  function refreshStatus() {
    const told = figures(view.together).join(", ");
    const together = wish.capabilities.length > 1 ? "Together " : "";
    let text = together + told + ".";
    if (view.hits) {
      const found = model.techniques.filter((one) => view.hits.has(one.place) && view.together.inScope[one.place]);
      text += " Found: " + said(found.length, "technique or sub-technique", "techniques and sub-techniques") + ".";
    }
    const place = find("figures");
    if (place.textContent !== text) place.textContent = text;
    const metric = model.facts.rules.metrics.find(([key]) => key === view.together.metric);
    const counted = view.together.metric !== wish.metric ? " Nothing here has levels, so capabilities are counted." : "";
    const side = wish.capabilities.length > 1 ? " Each side is coloured by its own scores." : "";
    find("note").textContent = "Under each tactic: how many of its techniques and sub-techniques are mapped. " + metric[2] + side + counted;
    find("legend").replaceChildren(...explorer.legend(model, view, wish).map(({ style, label }) =>
      element("li", {}, element("span", { className: "swatch " + style }), label)),
    ...(wish.capabilities.length > 1 ? Object.keys(MARKS).map((key) =>
      element("li", { className: key }, element("em", { textContent: MARKS[key] }))) : []));
  }

  function refresh() {
    const before = performance.now();
    const boardsBefore = view && view.boards;
    const key = view && view.key;
    view = Object.assign(compute(), { boards: boardsBefore, key });
    view.hits = search();
    showWish();
    if (view.key !== wish.capabilities.join() || !boardsBefore) build();
    for (const board of view.boards) refreshBoard(board);
    refreshStatus();
    if (panel) panel.refresh();
    if (panel) panel.tell();
    root.dataset.took = (performance.now() - before).toFixed(1);
  }

  // --------------------------------------------------------------------------------------------- moving in the grid

  function rove(board, record) {
    if (board.current) board.current.node.tabIndex = -1;
    board.current = record;
    record.node.tabIndex = 0;
  }

  function recordOf(target) {
    const node = target.closest && target.closest(".cell");
    if (!node) return null;
    const board = view.boards.find((one) => one.grid.contains(node));
    return board ? board.records[Number(node.dataset.place)] : null;
  }

  function expand(record, isOpen) {
    const top = record.parent || record;
    if (!top.below.length) return;
    if (isOpen) wish.open.add(top.technique.place);
    else wish.open.delete(top.technique.place);
    for (const board of view.boards) refreshBoard(board);
    if (!isOpen && record.parent) focus(top);
  }

  function focus(record, options) {
    rove(record.board, record);
    record.node.focus(options);
  }

  function onKey(event) {
    const record = recordOf(event.target);
    if (!record || event.altKey || event.metaKey) return;
    const isOpen = wish.open.has((record.parent || record).technique.place);
    if (event.key === "Enter") panel.open(record.technique, record);
    else if (event.key === "+") expand(record, true);
    else if (event.key === "-") expand(record, false);
    else if (event.key === " ") expand(record, !isOpen);
    else {
      const next = explorer.target(record, event);
      if (next === undefined && !/^(Arrow|Home|End)/.test(event.key)) return;
      if (next) focus(next);
    }
    event.preventDefault();
  }

  function onClick(event) {
    const record = recordOf(event.target);
    if (!record) return;
    focus(record, { preventScroll: true });
    if (event.target.closest(".twist")) expand(record, !wish.open.has(record.technique.place));
    else panel.open(record.technique, record);
  }

  // Whichever board is scrolled takes the others along.
  function together() {
    let leader = null;
    let release;
    boards.addEventListener("scroll", (event) => {
      if (!view.boards || view.boards.length < 2 || (leader && leader !== event.target)) return;
      leader = event.target;
      for (const one of view.boards) {
        if (one.scroll !== leader) one.scroll.scrollLeft = leader.scrollLeft;
      }
      clearTimeout(release);
      release = setTimeout(() => { leader = null; }, 80);
    }, { capture: true, passive: true });
  }

  // The cell of a technique, its sub-techniques opened where it is one.
  function cellFor(technique) {
    const top = technique.parent || technique;
    const record = view.boards[0].records.find((one) => one.technique === top && explorer.isReachable(one));
    if (!record || top === technique) return record || null;
    if (!wish.open.has(top.place)) expand(record, true);
    return (record.subs || []).find((sub) => sub.technique === technique && sub.isShown) || record;
  }

  // Marks the cells of the technique that the panel tells of.
  function choose(technique) {
    for (const record of view.boards.flatMap((board) => board.records)) {
      if (record.technique === technique) record.node.setAttribute("aria-current", "true");
      else record.node.removeAttribute("aria-current");
    }
  }

  // -------------------------------------------------------------------------------------------------------- controls

  function listen() {
    const on = (name, change) => find(name).addEventListener("change", (event) => {
      change(event.target.value);
      refresh();
    });
    on("metric", (value) => { wish.metric = value; });
    on("level", (value) => { wish.level = Number(value); });
    on("color", (value) => { wish.color = value; });
    on("framework", (value) => {
      wish.framework = value === "" ? null : Number(value);
      wish.capabilities = wish.capabilities.filter((place) => offered().some((one) => one.place === place));
      const pick = root.querySelector("[data-pick='capabilities']");
      if (pick.open) fillCapabilities(pick);
    });
    for (const box of root.querySelectorAll("[data-show]")) {
      box.addEventListener("change", () => {
        wish[box.dataset.show] = box.checked;
        showWish();
      });
    }
    find("find").addEventListener("input", (event) => {
      wish.words = explorer.wordsOf(event.target.value);
      refresh();
    });
    for (const button of root.querySelectorAll("[data-expand]")) {
      button.addEventListener("click", () => {
        const isOpen = button.dataset.expand === "all";
        wish.open = new Set(isOpen ? model.techniques.filter((one) => one.subs.length).map((one) => one.place) : []);
        for (const board of view.boards) refreshBoard(board);
      });
    }
    for (const button of root.querySelectorAll("[data-save]")) {
      button.addEventListener("click", () => {
        if (button.dataset.save === "svg") explorer.saveSvg(model, view, wish);
        else explorer.saveLayer(model, view, wish);
      });
    }
    find("reset").addEventListener("click", () => {
      start();
      find("find").value = "";
      for (const pick of root.querySelectorAll(".pick")) pick.open = false;
      fillCategories();
      refresh();
    });
    listenToPicks();
    boards.addEventListener("keydown", onKey);
    boards.addEventListener("click", onClick);
    boards.addEventListener("focusin", (event) => {
      const record = recordOf(event.target);
      if (record) rove(record.board, record);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, select, textarea, [contenteditable]")) return;
      event.preventDefault();
      find("find").focus();
    });
    together();
  }

  function listenToPicks() {
    const picks = [...root.querySelectorAll(".pick")];
    for (const pick of picks) {
      pick.addEventListener("toggle", () => {
        if (!pick.open) return;
        if (pick.dataset.pick === "capabilities") fillCapabilities(pick);
        else fillPlatforms(pick);
      });
      pick.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !pick.open) return;
        event.stopPropagation();
        pick.open = false;
        pick.querySelector("summary").focus();
      });
      const box = pick.querySelector("input[type='search']");
      if (box) box.addEventListener("input", () => narrow(pick));
    }
    document.addEventListener("click", (event) => {
      for (const pick of picks) {
        if (pick.open && !pick.contains(event.target)) pick.open = false;
      }
    });
  }

  // ---------------------------------------------------------------------------------------------------------- start

  let panel = null;

  function begin() {
    model = explorer.read(source.textContent);
    explorer.paint(model);
    start();
    fillControls();
    hear(explorer.wish(location.hash));
    root.hidden = false;
    refresh();
    panel = explorer.panel(root.querySelector("[data-panel]"), {
      model, view: () => view, wish: () => wish, cellFor, choose, focus, hear, element, given,
    });
    listen();
    panel.follow();
    root.dataset.ready = performance.now().toFixed(0);
  }

  // The page is painted first. Should anything fail, the heatmap that is there without a script stays.
  document.documentElement.classList.add("explores");
  requestAnimationFrame(() => setTimeout(() => {
    try {
      begin();
    } catch (error) {
      document.documentElement.classList.remove("explores");
      root.hidden = true;
      throw error;
    }
  }, 0));
})();
