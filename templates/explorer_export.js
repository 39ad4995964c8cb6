// What the explorer shows as files: an ATT&CK Navigator layer, and a picture
(function () {
  "use strict";

  const { CATEGORIES, LEVELS } = explorer;
  const SVG = "http://www.w3.org/2000/svg";

  function isDark() {
    return matchMedia("screen and (prefers-color-scheme: dark)").matches;
  }

  // [fill, ink] of a style, as `#rrggbb`; null for what has no colour of its own.
  function color(model, style, scheme) {
    const { light, dark, hues } = model.facts.colors;
    const ramp = scheme === "dark" ? dark : light;
    const score = /^g(\d+)$/.exec(style);
    const [hue, level] = style.split("-");
    const place = hues.findIndex(([key]) => key === hue);
    const step = LEVELS.findIndex((name) => name.toLowerCase() === level);
    const pair = score ? ramp.scores[Number(score[1])] : place >= 0 && step >= 0 ? ramp.hues[place][step] : null;
    return pair && [pair.slice(0, 7), pair.slice(7)];
  }

  // The page has the styles of those scores that its own tables show; the explorer may need any.
  explorer.paint = function (model) {
    const sheet = document.styleSheets[0];
    const { colors } = model.facts;
    const styles = colors.light.scores.map((pair, step) => "g" + step);
    for (const [hue] of colors.hues) LEVELS.forEach((level) => styles.push(hue + "-" + level.toLowerCase()));
    const rules = (scheme) => styles.map((style) => {
      const [fill, ink] = color(model, style, scheme);
      return ".explorer ." + style + "{background:" + fill + ";color:" + ink + "}";
    }).join("");
    sheet.insertRule("@media all{" + rules("light") + "}", sheet.cssRules.length);
    sheet.insertRule("@media screen and (prefers-color-scheme:dark){" + rules("dark") + "}", sheet.cssRules.length);
  };

  // ------------------------------------------------------------------------------------------------------- legend

  function countLabel(coverage, count, top) {
    const more = count === top && coverage.full > top ? " or more" : "";
    return count + (count === 1 ? " capability" : " capabilities") + more;
  }

  // What the colours mean: { style, label } each. Without a level nothing has a category's colour, save in a layer's legend.
  function scale(model, coverage, wish, top, isOfLayer) {
    const { rules, colors } = model.facts;
    if (wish.color === "category") {
      const used = new Set(coverage.cells.filter(Boolean).map((cell) => explorer.hue(coverage, cell)).filter(Boolean)
        .map(({ hue, level }) => hue + "." + level));
      const entries = colors.hues.flatMap(([key, name], hue) => LEVELS.map((label, level) => ({
        style: key + "-" + label.toLowerCase(), label: name + ": " + label, isUsed: used.has(hue + "." + level),
      }))).filter((entry) => entry.isUsed);
      if (entries.length || isOfLayer) return entries;
    }
    if (coverage.metric === "count") {
      const counts = [...new Set([1, Math.floor((top + 1) / 2), top])];
      return counts.map((count) => ({ style: "g" + explorer.step(count, top), label: countLabel(coverage, count, top) }));
    }
    return LEVELS.map((level, place) => {
      const score = explorer.whole(rules.scale[place], 100);
      return { style: "g" + explorer.step(score, top), label: level + " (" + score + ")" };
    });
  }

  explorer.legend = function (model, view, wish) {
    const states = new Set();
    for (const side of view.sides) {
      for (const technique of model.techniques) {
        const isShown = side.inScope[technique.place] || technique.subs.some((sub) => side.inScope[sub.place]);
        if (technique.isActive && isShown) states.add(explorer.state(side, technique.place));
      }
    }
    const kinds = [
      ["not-covered", "Not covered"],
      ["not-mappable", "Not mappable, says the source"],
      ["not-assessed", "Not assessed: mapped without a level, or new in this version"],
      ["out-of-scope", "Outside the filters"],
    ].filter(([state]) => states.has(state)).map(([style, label]) => ({ style, label }));
    const shown = new Map();
    for (const side of view.sides) {
      for (const entry of scale(model, side, wish, view.top)) shown.set(entry.style, entry);
    }
    return [...shown.values(), ...kinds];
  };

  // -------------------------------------------------------------------------------------------------------- words

  // The filters in words, those of the page first.
  function phrases(model, wish) {
    const { facts } = model;
    const told = [...facts.base.phrases];
    const tell = (name, list) => { if (list.length) told.push(name + ": " + list.join(", ")); };
    tell("framework", wish.framework === null ? [] : [facts.frameworks[wish.framework].label]);
    tell("category", wish.categories.map((place) => CATEGORIES[place]));
    tell("level", wish.level ? LEVELS.slice(wish.level - 1) : []);
    tell("capability", wish.capabilities.map((place) => model.capabilities[place].name));
    tell("platform", wish.platforms.map((place) => facts.platforms[place]));
    return told;
  }

  function labels(model, coverage) {
    return model.facts.frameworks.filter((one, place) => coverage.involved[place]).map((one) => one.label);
  }

  function title(model, coverage, wish) {
    const picked = wish.capabilities.map((place) => model.capabilities[place].name);
    const all = labels(model, coverage).join(" + ");
    return picked.length ? all + ": " + picked.join(", ") : all;
  }

  function definition(model, coverage) {
    return model.facts.rules.metrics.find(([key]) => key === coverage.metric)[2];
  }

  // -------------------------------------------------------------------------------------------------------- layer

  function reached(entry) {
    const told = [];
    CATEGORIES.forEach((category, place) => {
      if (entry.levels[place]) told.push([category, "level", LEVELS[entry.levels[place] - 1]]);
      if (entry.numbers[place]) told.push([category, "score", String(entry.numbers[place])]);
    });
    if (entry.overall) told.push(["", "score", String(entry.overall)]);
    return told;
  }

  function rows(...pairs) {
    return pairs.filter(([, value]) => String(value).trim()).map(([name, value]) => ({ name, value: String(value) }));
  }

  function annotation(model, coverage, wish, technique) {
    const { place } = technique;
    const cell = coverage.cells[place];
    const score = explorer.shown(coverage, place);
    const fill = cell && wish.color === "category" ? explorer.hue(coverage, cell) : null;
    const comments = [];
    const metadata = [];
    const state = explorer.state(coverage, place);
    if (cell && state === "not-assessed") metadata.push(["state", "not assessed: mapped without a score"]);
    if (!cell) {
      const text = state === "not-mappable" ? "Declared not mappable by the source; not covered."
        : "Not assessed: new since the ATT&CK version on which the mappings were made.";
      comments.push(text);
      metadata.push(["state", state === "not-mappable" ? "not mappable" : "not assessed"]);
    }
    for (const entry of cell ? cell.capabilities : []) {
      const { name } = model.capabilities[entry.place];
      const levels = reached(entry);
      const told = levels.map(([category, kind, value]) =>
        [category, kind === "score" ? "score" : "", value].filter(Boolean).join(" ")).join(", ");
      comments.push(told ? name + " (" + told + ")" : name);
      metadata.push(["capability", name]);
      for (const [category, kind, value] of levels) metadata.push(["category", category], [kind, value]);
    }
    const count = cell ? cell.capabilities.length : 0;
    const before = count ? count + (count === 1 ? " capability: " : " capabilities: ") : "";
    let comment = before + comments.join(", ");
    if (cell && cell.rolled !== null) {
      const from = model.facts.rules.rollup === "max" ? "the highest" : "the mean";
      comment += (comment ? ". " : "") + "Score " + score + " is rolled up: " + from + " of its sub-techniques.";
      metadata.unshift(["rolled-up score", score],
        ["own score", cell.own === null ? "none" : explorer.whole(cell.own, coverage.full)]);
    }
    const made = { techniqueID: technique.id };
    if (score !== null) made.score = score;
    if (fill) {
      const style = model.facts.colors.hues[fill.hue][0] + "-" + LEVELS[fill.level].toLowerCase();
      made.color = color(model, style, "light")[0];
    }
    if (comment) made.comment = comment;
    made.enabled = true;
    if (metadata.length) made.metadata = rows(...metadata);
    made.showSubtechniques = wish.open.has(place);
    if (!technique.hasMoreTactics) return [made];
    return technique.tactics.map((tactic) => {
      const { techniqueID, ...rest } = made;
      return { techniqueID, tactic: model.facts.tactics[tactic][1], ...rest };
    });
  }

  // The layer that the command line makes with the same filters and metric, save for what the page does not carry along.
  explorer.layer = function (model, view, wish) {
    const { facts } = model;
    const coverage = view.together;
    const { attack, rules, colors } = facts;
    const filters = phrases(model, wish);
    const platforms = wish.platforms.length ? wish.platforms.map((place) => facts.platforms[place]) : facts.base.platforms;
    const isTold = (technique) => coverage.cells[technique.place] || coverage.notMappable.has(technique.place) ||
      explorer.state(coverage, technique.place) === "not-assessed";
    const stops = colors.stops[Math.min(Math.max(coverage.top + 1, 2), 5) - 2];
    const sources = facts.frameworks.filter((one, place) => coverage.involved[place]).flatMap((one) => one.source);
    const layer = {
      // The Navigator makes a sheet's name of it, in which these are not allowed.
      name: title(model, coverage, wish).replace(/[/\\:*?[\]]/g, ".").slice(0, 200),
      versions: { attack: attack.major, navigator: attack.navigator, layer: "4.5" },
      domain: attack.domain,
      description: labels(model, coverage).join(", ") + " on " + attack.title + ". " + definition(model, coverage) +
        (filters.length ? " Filtered by " + filters.join("; ") + "." : ""),
    };
    if (platforms.length) layer.filters = { platforms };
    return Object.assign(layer, {
      layout: {
        layout: "side", aggregateFunction: "average", showID: wish.ids, showName: true, showAggregateScores: false,
        countUnscored: false, expandedSubtechniques: wish.open.size ? "annotated" : rules.expand,
      },
      hideDisabled: false,
      techniques: model.techniques.filter(isTold).flatMap((technique) => annotation(model, coverage, wish, technique)),
      gradient: { colors: stops, minValue: 0, maxValue: coverage.top },
      legendItems: scale(model, coverage, wish, coverage.top, true).map(({ style, label }, place) => {
        // A gradient of few whole scores has fewer colours than the page's.
        const few = coverage.metric === "count" && wish.color === "score" && colors.counts[coverage.top - 1];
        return { label, color: few ? few[place] : color(model, style, "light")[0] };
      }),
      metadata: rows(...sources, ["ATT&CK", attack.domain + " " + attack.version], ["metric", coverage.metric],
        ["scale", coverage.metric === "count" ? "" : LEVELS.map((level, place) => level + " " + rules.scale[place]).join(", ")],
        ["roll-up", rules.rollup], ...filters.map((phrase) => ["filter", phrase]), ["generator", facts.generator]),
      showTacticRowBackground: false,
      tacticRowBackground: "#dddddd",
      selectTechniquesAcrossTactics: true,
      selectSubtechniquesWithParent: true,
      selectVisibleTechniques: false,
    });
  };

  // ---------------------------------------------------------------------------------------------------------- svg

  // What XML cannot hold is shown as that.
  function xml(text) {
    return text.replace(/[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd]/g,
      (odd) => (/^[\ud800-\udfff]$/.test(odd) ? odd : "\ufffd")).toWellFormed();
  }

  function lines(text, width, most) {
    const all = [""];
    // A line ends at a blank, or after a stroke.
    for (const word of text.split(/(?<=[-/])|(?= )/)) {
      const last = all[all.length - 1];
      if (last.length + word.length <= width) all[all.length - 1] = last + (last ? word : word.trimStart());
      else all.push(word.trimStart());
    }
    const cut = all.map((line) => (line.length > width ? line.slice(0, width - 1) + "…" : line));
    return cut.length > most ? [...cut.slice(0, most - 1), cut[most - 1].slice(0, width - 1) + "…"] : cut;
  }

  function drawing(scheme) {
    const ground = scheme === "dark"
      ? { paper: "#111419", ink: "#e9ebef", quiet: "#949ca9", rule: "#48505c" }
      : { paper: "#ffffff", ink: "#14181f", quiet: "#626a77", rule: "#b9bfc8" };
    const svg = document.createElementNS(SVG, "svg");
    const draw = (name, attributes, text, into) => {
      const node = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
      if (text !== undefined) node.textContent = xml(text);
      (into || svg).appendChild(node);
      return node;
    };
    return { svg, draw, ground };
  }

  // A box of the matrix, as high as its lines.
  function box(to, model, scheme, wish, record, x, y, width) {
    const { draw, ground } = to;
    const inset = record.parent ? 8 : 0;
    const style = /(?:^| )(g\d+|[a-z]+-(?:minimal|partial|significant)|not-[a-z]+|out-of-scope)/.exec(record.node.className)[1];
    const [fill, ink] = color(model, style, scheme) || [ground.paper, style === "not-covered" ? ground.quiet : ground.ink];
    const isEmpty = !color(model, style, scheme);
    const told = lines(record.technique.name, Math.floor((width - inset - 8) / 5.1), 4);
    const label = record.label.textContent;
    const said = [style !== "not-covered" && (wish.scores || isEmpty) ? label : "", record.mark.textContent,
      wish.ids ? record.technique.id : ""].filter(Boolean);
    const height = 6 + 10 * (told.length + (said.length ? 1 : 0));
    draw("rect", {
      x: x + inset, y, width: width - inset, height, rx: 1.5, fill, stroke: isEmpty ? ground.rule : fill,
      "stroke-width": 0.75, ...(style === "not-assessed" ? { "stroke-dasharray": "1 2" } : {}),
      ...(style === "not-mappable" ? { "stroke-dasharray": "4 2" } : {}),
      ...(style === "out-of-scope" ? { "stroke-dasharray": "2 3" } : {}),
    });
    told.forEach((line, place) => draw("text", { x: x + inset + 4, y: y + 10 + 10 * place, fill: ink, "font-size": 9 }, line));
    if (said.length) {
      draw("text", { x: x + inset + 4, y: y + 10 + 10 * told.length, fill: ink, "font-size": 8 }, said.join("  "));
    }
    return height;
  }

  function field(to, model, scheme, wish, board, top) {
    const { draw, ground } = to;
    const width = 118;
    let y = top;
    if (board.told) {
      draw("text", { x: 24, y: y + 12, fill: ground.ink, "font-size": 13, "font-weight": 650 },
        board.node.querySelector("h3").textContent.slice(0, 160));
      y += 22;
    }
    let deepest = y;
    const columns = board.columns.filter((column) => !column.node.hidden);
    columns.forEach((column, place) => {
      const x = 24 + place * (width + 4);
      let at = y + 12;
      for (const line of lines(model.facts.tactics[column.tactic][2], 19, 2)) {
        draw("text", { x, y: at, fill: ground.ink, "font-size": 9.5, "font-weight": 650 }, line);
        at += 11;
      }
      draw("text", { x, y: at, fill: ground.quiet, "font-size": 8.5 }, column.count.textContent);
      at = y + 42;
      const records = column.records.flatMap((record) => [record, ...(record.subs || [])]);
      for (const record of records.filter((one) => one.isShown)) {
        at += box(to, model, scheme, wish, record, x, at, width) + 2;
      }
      deepest = Math.max(deepest, at);
    });
    return [deepest, 48 + columns.length * (width + 4)];
  }

  function legend(to, model, scheme, view, wish, top) {
    const { draw, ground } = to;
    let x = 24;
    for (const { style, label } of explorer.legend(model, view, wish)) {
      const [fill] = color(model, style, scheme) || [ground.paper];
      draw("rect", { x, y: top, width: 11, height: 11, rx: 1, fill, stroke: ground.rule, "stroke-width": 0.75,
        ...(style === "not-assessed" ? { "stroke-dasharray": "1 2" } : {}),
        ...(style === "not-mappable" ? { "stroke-dasharray": "4 2" } : {}) });
      draw("text", { x: x + 16, y: top + 9.5, fill: ground.ink, "font-size": 10 }, label);
      x += 32 + 5.4 * label.length;
    }
  }

  // The heatmap as it stands, drawn anew.
  explorer.svg = function (model, view, wish, told) {
    const scheme = isDark() ? "dark" : "light";
    const to = drawing(scheme);
    const { svg, draw, ground } = to;
    const ground0 = draw("rect", { x: 0, y: 0, fill: ground.paper });
    const heading = title(model, view.together, wish);
    const titleNode = document.createElementNS(SVG, "title");
    titleNode.textContent = xml(heading);
    svg.prepend(titleNode);
    draw("text", { x: 24, y: 38, fill: ground.ink, "font-size": 20, "font-weight": 650 }, heading.slice(0, 120));
    const filters = phrases(model, wish).map((phrase) => phrase.slice(0, 160));
    const words = [model.facts.attack.title + ". " + told, ...(filters.length ? ["Filtered by " + filters.join("; ") + "."] : []),
      definition(model, view.together)];
    words.forEach((line, place) =>
      draw("text", { x: 24, y: 58 + 16 * place, fill: ground.quiet, "font-size": 11 }, line.slice(0, 240)));
    let y = 66 + 16 * words.length;
    legend(to, model, scheme, view, wish, y);
    y += 30;
    let width = 600;
    for (const board of view.boards) {
      const [deepest, wide] = field(to, model, scheme, wish, board, y);
      y = deepest + 24;
      width = Math.max(width, wide);
    }
    draw("text", { x: 24, y, fill: ground.quiet, "font-size": 9 },
      model.facts.generator + ". ATT&CK® is a registered trademark of The MITRE Corporation.");
    for (const node of [svg, ground0]) {
      node.setAttribute("width", String(width));
      node.setAttribute("height", String(Math.ceil(y + 16)));
    }
    svg.setAttribute("viewBox", "0 0 " + width + " " + Math.ceil(y + 16));
    svg.setAttribute("font-family", "-apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif");
    return new XMLSerializer().serializeToString(svg);
  };

  // --------------------------------------------------------------------------------------------------------- files

  function save(name, type, text) {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const link = Object.assign(document.createElement("a"), { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  function fileName(model, wish) {
    const parts = [model.facts.name, ...wish.capabilities.map((place) => model.capabilities[place].id)];
    const slug = parts.join("-").toLowerCase().replace(/[^a-z0-9_]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80);
    return slug || "heatmap";
  }

  explorer.saveLayer = function (model, view, wish) {
    const text = JSON.stringify(explorer.layer(model, view, wish), null, 2) + "\n";
    save(fileName(model, wish) + ".json", "application/json", text);
  };

  explorer.saveSvg = function (model, view, wish) {
    const told = document.querySelector("[data-figures]").textContent;
    save(fileName(model, wish) + ".svg", "image/svg+xml", explorer.svg(model, view, wish, told));
  };
})();
