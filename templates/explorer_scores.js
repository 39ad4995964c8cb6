// What the mappings of the explorer add up to: the rules of the command line, number for number
const explorer = (function () {
  "use strict";

  const LEFT_OUT = 1;
  const NOT_ACTIVE = 2;
  const MORE_TACTICS = 4;
  const LEVELS = ["Minimal", "Partial", "Significant"];
  const CATEGORIES = ["Protect", "Detect", "Respond"];
  const STATES = {
    "not-covered": "not covered",
    "not-mappable": "not mappable",
    "not-assessed": "not assessed",
    "out-of-scope": "out of scope",
  };

  // The facts of the page with what is asked of them often.
  function read(text) {
    const facts = JSON.parse(text);
    const model = { facts, byId: new Map() };
    model.techniques = facts.techniques.map(([id, name, tactics, platforms, bits], place) => {
      const technique = {
        place, id, name, tactics, platforms, subs: [],
        parent: null,
        isSub: id.includes("."),
        isActive: !(bits & NOT_ACTIVE),
        isLeftOut: Boolean(bits & LEFT_OUT),
        hasMoreTactics: Boolean(bits & MORE_TACTICS),
      };
      model.byId.set(id, technique);
      return technique;
    });
    for (const technique of model.techniques) {
      const parent = technique.isSub && technique.isActive ? model.byId.get(technique.id.split(".")[0]) : null;
      if (parent && parent.isActive) {
        technique.parent = parent;
        parent.subs.push(technique);
      }
    }
    model.capabilities = facts.capabilities.map((one, place) => Object.assign({ place }, one));
    model.mappings = model.capabilities.map((one) => {
      const numbers = new Map();
      for (const [technique, category, score] of one.numbers || []) {
        if (!numbers.has(technique)) numbers.set(technique, []);
        numbers.get(technique).push([category, score]);
      }
      const rows = [];
      for (let at = 0; at < one.maps.length; at += 2) {
        rows.push({ technique: one.maps[at], bits: one.maps[at + 1], numbers: numbers.get(one.maps[at]) || [] });
      }
      return rows;
    });
    return model;
  }

  // A technique's name with its technique's before it.
  function fullName(technique) {
    return technique.parent ? technique.parent.name + ": " + technique.name : technique.name;
  }

  // The bits of the rows that categories and a lowest level let count.
  function allowed(wish) {
    let bits = 0;
    for (let category = 0; category <= 3; category += 1) {
      if (wish.categories.length && !wish.categories.includes(category - 1)) continue;
      for (let level = wish.level; level <= 3; level += 1) bits |= 1 << (4 * category + level);
    }
    return bits;
  }

  // What a row says of a capability: its strongest level per category, the numbers, and what is said of no category.
  function reached(row, mask, wish) {
    const bits = row.bits & mask;
    const levels = [1, 2, 3].map((category) => {
      const own = bits >> (4 * category) & 15;
      return own & 8 ? 3 : own & 4 ? 2 : own & 2 ? 1 : 0;
    });
    const entry = { levels, numbers: [0, 0, 0], overall: 0 };
    if (wish.level) return entry;
    for (const [category, score] of row.numbers) {
      if (!(mask >> (4 * category) & 1)) continue;
      if (category) entry.numbers[category - 1] = Math.max(entry.numbers[category - 1], score);
      else entry.overall = Math.max(entry.overall, score);
    }
    return entry;
  }

  // The highest score in any of the categories, or said of none; 0 for none.
  function scoreOf(entry, categories, scale) {
    let score = entry.overall;
    for (const category of categories) {
      const level = entry.levels[category];
      score = Math.max(score, level ? scale[level - 1] : 0, entry.numbers[category]);
    }
    return score;
  }

  function levelOf(score, scale) {
    return score >= scale[2] ? 3 : score >= scale[1] ? 2 : 1;
  }

  // A technique's score, null where nothing that maps it has what the metric needs.
  function metricScore(metric, entries, categories, scale) {
    if (metric === "count") return entries.length || null;
    const scores = entries.map((entry) => scoreOf(entry, categories, scale)).filter((score) => score > 0);
    if (!scores.length) return null;
    if (metric === "layered") {
      return 100 * (1 - scores.reduce((product, score) => product * (1 - score / 100), 1));
    }
    if (metric === "mean") return scores.reduce((sum, score) => sum + score, 0) / scores.length;
    if (metric === "balanced") {
      const best = categories.map((category) =>
        Math.max(0, ...entries.map((entry) => scoreOf(entry, [category], scale))));
      return best.reduce((sum, score) => sum + score, 0) / categories.length;
    }
    return Math.max(...scores);
  }

  // A score as it is shown: rounded half up, but to the full score or to 0 only what is just that.
  function whole(score, full) {
    if (score >= full) return Math.floor(full);
    if (!(score > 0)) return 0;
    return Math.min(Math.max(Math.floor(score + 0.5), Math.min(1, full)), Math.max(full - 1, 1));
  }

  function rolledUp(rollup, scores) {
    const there = scores.filter((score) => score !== null);
    if (rollup === "none" || !there.length) return null;
    if (rollup === "max") return Math.max(...there);
    return there.reduce((sum, score) => sum + score, 0) / scores.length;
  }

  // Everything in scope under a wish, of some capabilities or of all. A wish is { framework, categories, level, platforms,
  // metric }, and isScored where several coverages are to have one metric; without a level only a count means anything.
  function add(model, wish, capabilities) {
    const { facts, techniques } = model;
    const scale = facts.rules.scale;
    const picked = capabilities.length
      ? capabilities.map((place) => model.capabilities[place])
      : model.capabilities.filter((one) => wish.framework === null || one.framework === wish.framework);
    const involved = facts.frameworks.map((framework, place) => {
      if (capabilities.length) return picked.some((one) => one.framework === place);
      return framework.involved && (wish.framework === null || wish.framework === place);
    });
    const of = facts.frameworks.filter((framework, place) => involved[place]);
    const categories = wish.categories.length ? wish.categories : facts.base.categories;
    const isScored = wish.isScored === undefined ? of.some((framework) => framework.scored) : wish.isScored;
    const metric = isScored ? wish.metric : "count";
    const isNear = (technique) => !wish.platforms.length ||
      (technique.isActive && technique.platforms.some((platform) => wish.platforms.includes(platform)));
    const near = techniques.map(isNear);
    const inScope = techniques.map((technique) => near[technique.place] && !technique.isLeftOut);
    const cells = techniques.map(() => null);
    const mask = allowed(wish);
    for (const one of picked) {
      for (const row of model.mappings[one.place]) {
        if (!(row.bits & mask) || !near[row.technique]) continue;
        const cell = cells[row.technique] || (cells[row.technique] = { capabilities: [], own: null, rolled: null });
        cell.capabilities.push(Object.assign({ place: one.place }, reached(row, mask, wish)));
      }
    }
    const notMappable = declared(facts, wish, capabilities, picked, involved);
    for (const place of [...notMappable]) {
      if (cells[place] || !inScope[place]) notMappable.delete(place);
    }
    for (const cell of cells) {
      if (cell) cell.own = metricScore(metric, cell.capabilities, categories, scale);
    }
    rollUp(techniques, cells, near, inScope, facts.rules.rollup);
    cells.forEach((cell, place) => { if (!inScope[place]) cells[place] = null; });
    const scores = cells.filter(Boolean).map(scoreIn).filter((score) => score !== null);
    const full = metric === "count" ? Math.max(1, ...scores) : 100;
    const coverage = { model, metric, categories, cells, inScope, notMappable, involved, full, fresh: fresh(of) };
    coverage.top = metric === "count" ? safeTop(scores.map((score) => whole(score, full)), whole(full, Infinity)) : 100;
    return coverage;
  }

  // What sources say cannot be mapped holds where a source counts as a whole.
  function declared(facts, wish, capabilities, picked, involved) {
    const places = new Set();
    if (wish.categories.length || wish.level) return places;
    facts.frameworks.forEach((framework, place) => {
      const isAll = capabilities.length
        ? framework.capabilities === picked.filter((one) => one.framework === place).length
        : wish.framework === null || involved[place];
      if (framework.whole && isAll) framework.declared.forEach((one) => places.add(one));
    });
    return places;
  }

  // New to every source that is involved.
  function fresh(frameworks) {
    if (!frameworks.length) return new Set();
    const rest = frameworks.slice(1).map((framework) => new Set(framework.new));
    return new Set(frameworks[0].new.filter((place) => rest.every((other) => other.has(place))));
  }

  function rollUp(techniques, cells, near, inScope, rollup) {
    if (rollup === "none") return;
    for (const technique of techniques) {
      if (!technique.subs.length || !inScope[technique.place]) continue;
      const subs = technique.subs.filter((sub) => near[sub.place]);
      const score = rolledUp(rollup, subs.map((sub) => (cells[sub.place] ? cells[sub.place].own : null)));
      const cell = cells[technique.place];
      if (score === null || (cell && cell.own !== null && score <= cell.own)) continue;
      cells[technique.place] = Object.assign(cell || { capabilities: [], own: null }, { rolled: score });
    }
  }

  function scoreIn(cell) {
    return cell.rolled !== null ? cell.rolled : cell.own;
  }

  // The top of a gradient from 0 that no score stands just below: there the Navigator throws.
  function safeTop(scores, top) {
    for (;;) {
      const crashing = scores.filter((score) => score < top && score >= 0.995 * top);
      if (!crashing.length) return top;
      top = Math.min(...crashing);
    }
  }

  function shown(coverage, place) {
    const cell = coverage.cells[place];
    const score = cell ? scoreIn(cell) : null;
    return score === null ? null : whole(score, coverage.full);
  }

  function state(coverage, place) {
    const cell = coverage.cells[place];
    if (cell) return scoreIn(cell) === null ? "not-assessed" : "covered";
    if (coverage.notMappable.has(place)) return "not-mappable";
    if (!coverage.inScope[place]) return "out-of-scope";
    return coverage.fresh.has(place) ? "not-assessed" : "not-covered";
  }

  // Which of the hundred colours a score has.
  function step(score, top) {
    if (score >= top) return 99;
    return score <= 0 ? 0 : Math.min(Math.round((score / top) * 100), 99);
  }

  // The strongest of a cell: what it reaches in each category over all capabilities.
  function strongest(cell) {
    const all = { levels: [0, 0, 0], numbers: [0, 0, 0], overall: 0 };
    for (const one of cell.capabilities) {
      for (const category of [0, 1, 2]) {
        all.levels[category] = Math.max(all.levels[category], one.levels[category]);
        all.numbers[category] = Math.max(all.numbers[category], one.numbers[category]);
      }
      all.overall = Math.max(all.overall, one.overall);
    }
    return all;
  }

  // The hue and the level of a cell: places in the facts' hues and in LEVELS; null without a level or number.
  function hue(coverage, cell) {
    const all = strongest(cell);
    const scale = coverage.model.facts.rules.scale;
    const score = scoreOf(all, coverage.categories, scale);
    if (!(score > 0)) return null;
    const own = coverage.categories.filter((category) => all.levels[category] || all.numbers[category]);
    return { hue: own.length ? (own.length > 1 ? 3 : own[0]) : 4, level: levelOf(score, scale) - 1 };
  }

  // How a technique looks: { state, style, score, label }.
  function face(coverage, place, color, top) {
    const kind = state(coverage, place);
    if (kind !== "covered") {
      const isNew = kind === "not-assessed" && !coverage.cells[place];
      return { state: kind, style: kind, score: null, label: STATES[kind] + (isNew ? ": new in this version" : "") };
    }
    const cell = coverage.cells[place];
    const facts = coverage.model.facts;
    const score = shown(coverage, place);
    const fill = color === "category" ? hue(coverage, cell) : null;
    const style = fill
      ? facts.colors.hues[fill.hue][0] + "-" + LEVELS[fill.level].toLowerCase()
      : "g" + step(score, top === undefined ? coverage.top : top);
    let label = String(score);
    if (coverage.metric === "count") label += score === 1 ? " capability" : " capabilities";
    if (coverage.metric === "strongest") {
      const level = facts.rules.scale.findIndex((own) => Math.abs(own - scoreIn(cell)) < Number.EPSILON);
      if (level >= 0) label = LEVELS[level];
    }
    return { state: kind, style, score, label: label + (cell.rolled !== null ? ", rolled up" : "") };
  }

  // Figures over everything in scope, or over one tactic.
  function figures(coverage, tactic) {
    const scale = coverage.model.facts.rules.scale;
    const sums = { of: 0, mapped: 0, weighted: 0, levels: [0, 0, 0] };
    for (const technique of coverage.model.techniques) {
      if (!technique.isActive || !coverage.inScope[technique.place]) continue;
      if (tactic !== undefined && !technique.tactics.includes(tactic)) continue;
      sums.of += 1;
      const cell = coverage.cells[technique.place];
      if (!cell || !cell.capabilities.length) continue;
      sums.mapped += 1;
      const score = scoreOf(strongest(cell), coverage.categories, scale);
      if (score > 0) sums.levels[levelOf(score, scale) - 1] += 1;
      if (cell.own !== null) sums.weighted += whole(cell.own, coverage.full);
    }
    return sums;
  }

  // `22 %`: whole percents, one decimal below 1 and above 99, and never 0 or 100 for what is neither.
  function percent(n, of) {
    if (of <= 0) return "–";
    const value = (100 * n) / of;
    if (n <= 0) return "0\u00a0%";
    if (n >= of) return "100\u00a0%";
    if (value < 1) return tenths(Math.max(value, 0.1)) + "\u00a0%";
    if (value > 99) return tenths(Math.min(value, 99.9)) + "\u00a0%";
    // Halves go to the even number, here as there.
    const below = Math.floor(value);
    const rounded = value - below === 0.5 ? below + (below % 2) : Math.round(value);
    return rounded + "\u00a0%";
  }

  // What lies just between two tenths is an odd number of quarters: x.25 goes down, x.75 up.
  function tenths(value) {
    return (value * 4) % 4 === 1 ? (Math.floor(value) + 0.2).toFixed(1) : value.toFixed(1);
  }

  return {
    LEVELS, CATEGORIES, read, add, face, figures, percent, fullName, hue, metricScore, reached, scoreOf, shown, state,
    step, strongest, whole,
  };
})();
