// The panel of a technique beside the explorer: what it is, how it scores, and who maps it with which words
(function () {
  "use strict";

  const { CATEGORIES, LEVELS } = explorer;
  // A technique or the heatmap, and what is wished of it.
  const ADDRESS = /^#(?:(T\d{4}(?:\.\d{3})?)|heatmap)(?:\?(.*))?$/;

  // What is wished in an address; empty where nothing is.
  explorer.wish = (hash) => (ADDRESS.exec(hash) || [])[2] || "";

  // The panel of a technique; `to` has what it needs of the explorer.
  explorer.panel = function (node, to) {
    const { model, element, given } = to;
    const { facts } = model;
    let technique = null;
    let opener = null;

    function section(title, ...children) {
      return element("section", {}, element("h4", { textContent: title }), ...children);
    }

    function button(one) {
      const face = explorer.face(to.view().together, one.place, to.wish().color);
      const made = element("button", { type: "button", className: "to" },
        element("span", { className: "tile " + face.style, textContent: one.id }), " ",
        element("span", { textContent: one.name }), " ", element("small", { textContent: face.label }));
      made.addEventListener("click", () => open(one, to.cellFor(one)));
      return made;
    }

    function listed(ones) {
      return element("ul", { className: "below" }, ...ones.map((one) => element("li", {}, button(one))));
    }

    function metrics() {
      const coverage = to.view().together;
      const cell = coverage.cells[technique.place];
      const entries = cell ? cell.capabilities : [];
      const rows = facts.rules.metrics.map(([key, name]) => {
        const own = explorer.metricScore(key, entries, coverage.categories, facts.rules.scale);
        const told = own === null ? "–" : String(key === "count" ? own : explorer.whole(own, 100));
        const isUsed = key === coverage.metric;
        return element("div", { className: isUsed ? "used" : "" },
          element("dt", { textContent: name[0].toUpperCase() + name.slice(1) }), element("dd", { textContent: told }));
      });
      const rolled = cell && cell.rolled !== null
        ? element("p", { className: "quiet", textContent: "Shown is " + explorer.shown(coverage, technique.place) +
          ", rolled up from its sub-techniques." }) : null;
      return section("Score", element("dl", { className: "scores" }, ...rows), ...(rolled ? [rolled] : []));
    }

    // The texts of a mapping stand in the capability's section of the page, for readers without a script, too.
    function words(capability) {
      const all = document.querySelectorAll(".entry[data-technique='" + technique.id + "']");
      const entry = [...all].find((one) => one.dataset.capability === capability.anchor);
      const body = entry && entry.querySelector(".mapping") ? entry.querySelectorAll(".mapping") : [];
      return [...body].map((one) => {
        const copy = one.cloneNode(true);
        for (const inner of [copy, ...copy.querySelectorAll("[id]")]) inner.removeAttribute("id");
        return copy;
      });
    }

    // What the facts themselves say, where the page has no words.
    function verdict(row) {
      const entry = explorer.reached(row, 0xffff, { level: 0 });
      const chips = [];
      CATEGORIES.forEach((category, place) => {
        const key = category.toLowerCase();
        if (!entry.levels[place] && !entry.numbers[place]) return;
        const level = entry.levels[place] ? LEVELS[entry.levels[place] - 1] : String(entry.numbers[place]);
        const style = entry.levels[place] ? "chip " + key + "-" + level.toLowerCase() : "chip g" + explorer.step(entry.numbers[place], 100);
        chips.push(element("p", { className: "verdict" }, element("span", { className: "hue " + key, textContent: category }),
          " ", element("span", { className: style, textContent: level })));
      });
      if (entry.overall) chips.push(element("p", { className: "verdict", textContent: "Score " + entry.overall }));
      if (!chips.length) chips.push(element("p", { className: "verdict quiet", textContent: "Mapped without a level" }));
      return chips;
    }

    function mappings() {
      const cell = to.view().together.cells[technique.place];
      const counted = new Set(cell ? cell.capabilities.map((one) => one.place) : []);
      const isOne = facts.frameworks.filter((one) => one.involved).length < 2;
      const items = model.capabilities.map((one) => [one, model.mappings[one.place].find((row) => row.technique === technique.place)])
        .filter(([, row]) => row).map(([one, row]) => {
          const isCounted = counted.has(one.place);
          const name = element("a", { href: "#" + one.anchor }, given(one.name));
          const head = element("h5", {}, name, " ", isOne ? null : element("small", {}, given(facts.frameworks[one.framework].label)),
            " ", isCounted ? null : element("small", { className: "outside", textContent: "outside the filters" }));
          const body = words(one);
          return [isCounted, element("li", { className: isCounted ? "" : "left-out" }, head, ...(body.length ? body : verdict(row)))];
        });
      items.sort(([a], [b]) => Number(b) - Number(a));
      if (!items.length) return section("Mappings", element("p", { className: "quiet", textContent: "No capability maps it." }));
      return section("Mappings (" + items.length + ")", element("ul", { className: "maps" }, ...items.map(([, item]) => item)));
    }

    function fact(name, ...children) {
      return element("div", {}, element("dt", { textContent: name }), element("dd", {}, ...children));
    }

    function fill() {
      const face = explorer.face(to.view().together, technique.place, to.wish().color);
      const close = element("button", { type: "button", className: "close", textContent: "Close" });
      close.setAttribute("aria-label", "Close " + technique.id);
      close.addEventListener("click", () => shut());
      const title = element("h3", { id: "explorer-title", tabIndex: -1 },
        element("span", { className: "tile " + face.style, textContent: technique.id }), " ",
        element("span", { textContent: technique.name }));
      const tactics = technique.tactics.map((place) => facts.tactics[place][2]).join(", ");
      const platforms = technique.platforms.map((place) => facts.platforms[place]).join(", ");
      const address = facts.attack.page + "/" + technique.id.replace(".", "/") + "/";
      const link = element("a", { href: address, rel: "external noreferrer", textContent: "attack.mitre.org, version " + facts.attack.version });
      node.replaceChildren(
        element("div", { className: "top" }, title, close),
        element("p", { className: "face", textContent: face.label[0].toUpperCase() + face.label.slice(1) }),
        element("dl", { className: "about-it" },
          ...(technique.parent ? [fact("Technique", button(technique.parent))] : []),
          fact("Tactics", tactics || "–"), fact("Platforms", platforms || "–"), fact("More", link)),
        metrics(),
        ...(technique.subs.length ? [section("Sub-techniques (" + technique.subs.length + ")", listed(technique.subs))] : []),
        mappings());
    }

    // Where the address is to point now.
    function target() {
      const said = explorer.said(model, to.wish());
      if (!technique && !said) return "";
      return "#" + (technique ? technique.id : "heatmap") + (said ? "?" + said : "");
    }

    function address(isNew) {
      const all = location.pathname + location.search + target();
      try {
        if (isNew) history.pushState(null, "", all);
        else history.replaceState(null, "", all);
      } catch (error) {
        // A page in a frame may have no history; the panel needs none.
      }
    }

    // Tells in the address what has come to be wished; where it points elsewhere in the page and nothing is, it stays.
    function tell() {
      if (target() !== location.hash && (target() || ADDRESS.test(location.hash))) address(false);
    }

    // It opens on the other side where it would lie over the cell.
    function aside(cell) {
      node.classList.remove("left");
      const box = cell.getBoundingClientRect();
      const isWide = node.offsetWidth < innerWidth / 2;
      node.classList.toggle("left", isWide && box.right > innerWidth - node.offsetWidth && box.left > node.offsetWidth);
    }

    // Opens it, or shows another technique in it. `from` is what gets the focus back: a cell, or a link of the page.
    function open(one, from, isFollowed) {
      const wasOpen = technique !== null;
      technique = one;
      if (from) opener = from;
      node.hidden = false;
      if (from && from.node) aside(from.node);
      fill();
      to.choose(one);
      node.scrollTop = 0;
      if (!isFollowed) address(!wasOpen);
      node.querySelector("h3").focus({ preventScroll: true });
    }

    function shut(isFollowed) {
      if (!technique) return;
      technique = null;
      node.hidden = true;
      node.replaceChildren();
      to.choose(null);
      if (!isFollowed) address(false);
      const back = opener;
      opener = null;
      if (!back) return;
      if (back.node === undefined) back.focus({ preventScroll: true });
      else if (back.node.isConnected && back.isShown) to.focus(back, { preventScroll: true });
    }

    // Goes where the address points.
    function follow() {
      to.hear(explorer.wish(location.hash));
      const named = ADDRESS.exec(location.hash);
      const one = named && model.byId.get(named[1]);
      if (!one) {
        shut(true);
        if (named && named[2]) document.getElementById("heatmap").scrollIntoView();
        return;
      }
      if (one === technique) return;
      const record = to.cellFor(one);
      if (record) {
        const isNarrow = matchMedia("(max-width: 48rem)").matches;
        record.node.scrollIntoView({ block: isNarrow ? "start" : "center", inline: "center" });
        to.focus(record, { preventScroll: true });
      }
      open(one, record, true);
    }

    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !technique || event.defaultPrevented) return;
      event.preventDefault();
      shut();
    });
    // Where the page speaks of a technique, the panel opens beside that place.
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#T']");
      const named = link && ADDRESS.exec(link.getAttribute("href"));
      const one = named && model.byId.get(named[1]);
      if (!one || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(one, link);
    });
    window.addEventListener("hashchange", follow);

    function refresh() {
      if (!technique) return;
      fill();
      to.choose(technique);
    }

    return { open, follow, refresh, tell };
  };
})();
