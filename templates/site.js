// Adds conveniences to pages that are complete without it: filter boxes, "expand all", and opened details in print.
(function () {
  "use strict";

  function all(selector, root) {
    return Array.prototype.slice.call((root || document).querySelectorAll(selector));
  }

  function element(name, properties, parent) {
    var node = Object.assign(document.createElement(name), properties);
    if (parent) parent.appendChild(node);
    return node;
  }

  function toggle(tools, details, what) {
    if (!details.length) return;
    [["Expand all", true], ["Collapse all", false]].forEach(function (entry) {
      var button = element("button", { type: "button", textContent: entry[0] }, tools);
      button.setAttribute("aria-label", entry[0] + " " + what);
      button.addEventListener("click", function () {
        details.forEach(function (item) { item.open = entry[1]; });
      });
    });
  }

  function filter(tools, what, apply) {
    var label = element("label", { textContent: "Filter " + what }, tools);
    var input = element("input", { type: "search", autocomplete: "off", spellcheck: false }, label);
    var result = element("output", {}, tools);
    result.setAttribute("aria-live", "polite");
    input.addEventListener("input", function () {
      var words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      var counts = apply(function (text) {
        return words.every(function (word) { return text.indexOf(word) >= 0; });
      }, words.length > 0);
      result.textContent = words.length ? counts[0] + " of " + counts[1] : "";
    });
  }

  // Reads each item's text once, when the filter is first used.
  function texts(items, read) {
    var known;
    return function () {
      return known || (known = items.map(function (item) { return read(item).toLowerCase(); }));
    };
  }

  function filterList(tools, what, items) {
    var read = texts(items, function (item) { return item.textContent; });
    filter(tools, what, function (matches) {
      var shown = 0;
      read().forEach(function (text, index) {
        var hit = matches(text);
        items[index].hidden = !hit;
        if (hit) shown += 1;
      });
      return [shown, items.length];
    });
  }

  // Several matrices have the same cells: each technique counts once.
  function filterMatrix(tools, root, times) {
    var cells = all(".matrix td > ul > li", root).map(function (cell) {
      return { cell: cell, details: cell.querySelector("details"), subs: all("li", cell), was: false };
    });
    var text = function (cell) { return cell.querySelector("a").textContent.toLowerCase(); };
    var filtering = false;
    filter(tools, "techniques", function (matches, active) {
      var shown = 0;
      cells.forEach(function (item) {
        if (active && !filtering && item.details) item.was = item.details.open;
        var own = matches(text(item.cell));
        var below = false;
        item.subs.forEach(function (sub) {
          var hit = matches(text(sub));
          sub.hidden = !hit && !own;
          below = below || hit;
        });
        item.cell.hidden = !own && !below;
        if (item.details) item.details.open = active ? below && !own : filtering ? item.was : item.details.open;
        if (own || below) shown += 1;
      });
      filtering = active;
      return [shown / times, cells.length / times];
    });
  }

  all("[data-tools]").forEach(function (tools) {
    var section = tools.closest("section");
    var kind = tools.getAttribute("data-tools");
    if (kind === "matrix" || kind === "versus") {
      var matrices = all(".matrix", section);
      filterMatrix(tools, section, matrices.length);
      toggle(tools, all(".matrix details", section), "sub-techniques");
    } else if (kind === "compared") {
      return;
    } else if (kind === "details") {
      toggle(tools, all("details", section), "lists");
    } else if (kind === "entries") {
      var entries = all(".entry", section);
      if (entries.length > 5) filterList(tools, "mappings", entries);
    } else {
      var table = section.querySelector("table[data-filter]");
      var rows = table ? all("tbody > tr", table) : [];
      if (rows.length > 8) filterList(tools, table.getAttribute("data-filter"), rows);
    }
    tools.hidden = !tools.firstChild;
  });

  // Paper cannot be clicked: lists are printed open. The matrix is printed as it stands on the screen.
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = all("details:not([open])").filter(function (item) { return !item.closest(".matrix"); });
    opened.forEach(function (item) { item.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (item) { item.open = false; });
    opened = [];
  });
})();
