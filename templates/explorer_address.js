// What is wished of the explorer as a part of the page's address, so that a link leads to a view
(function () {
  "use strict";

  const { CATEGORIES, LEVELS } = explorer;
  const lower = (names) => names.map((name) => name.toLowerCase());

  // `metric=layered&level=partial`: what differs from the page as it was made.
  explorer.said = function (model, wish) {
    const { rules, frameworks, platforms } = model.facts;
    const said = new URLSearchParams();
    const say = (name, values) => values.forEach((value) => said.append(name, value));
    say("framework", wish.framework === null ? [] : [frameworks[wish.framework].label]);
    say("metric", wish.metric === rules.metric ? [] : [wish.metric]);
    say("level", wish.level ? [LEVELS[wish.level - 1].toLowerCase()] : []);
    say("color", wish.color === rules.color ? [] : [wish.color]);
    say("category", wish.categories.map((place) => CATEGORIES[place].toLowerCase()));
    say("platform", wish.platforms.map((place) => platforms[place]));
    say("capability", wish.capabilities.map((place) => model.capabilities[place].id));
    say("find", wish.words.length ? [wish.words.join(" ")] : []);
    return said.toString();
  };

  // Reads the same into a wish; what the page does not know is passed over.
  explorer.heard = function (model, text, wish) {
    const { facts } = model;
    const heard = new URLSearchParams(text);
    const places = (name, names) => {
      const found = heard.getAll(name).map((value) => names.indexOf(value)).filter((place) => place >= 0);
      return [...new Set(found)].sort((a, b) => a - b);
    };
    const [framework] = places("framework", facts.frameworks.map((one) => one.label));
    const [metric] = places("metric", facts.rules.metrics.map(([key]) => key));
    const [level] = places("level", lower(LEVELS));
    const offered = places("category", lower(CATEGORIES)).filter((place) => facts.base.categories.includes(place));
    const isNear = (place) => framework === undefined || model.capabilities[place].framework === framework;
    return Object.assign(wish, {
      framework: framework === undefined ? null : framework,
      metric: metric === undefined ? facts.rules.metric : facts.rules.metrics[metric][0],
      level: level === undefined ? 0 : level + 1,
      color: ["score", "category"].includes(heard.get("color")) ? heard.get("color") : facts.rules.color,
      categories: offered,
      platforms: places("platform", facts.platforms),
      capabilities: places("capability", model.capabilities.map((one) => one.id)).filter(isNear).slice(0, 4),
      words: explorer.wordsOf(heard.get("find") || ""),
    });
  };

  explorer.wordsOf = (text) => text.trim().toLowerCase().split(/\s+/).filter(Boolean);
})();
