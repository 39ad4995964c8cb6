// Sides together: heatmaps that scroll, open and filter as one, and a table to sort and narrow.
(function () {
  "use strict";

  function all(selector, root) {
    return Array.prototype.slice.call((root || document).querySelectorAll(selector));
  }

  // Whichever heatmap is scrolled takes the others along.
  var boxes = all(".together .scroll");
  var leader = null;
  var release;
  boxes.forEach(function (box) {
    box.addEventListener("scroll", function () {
      if (leader && leader !== box) return;
      leader = box;
      boxes.forEach(function (other) {
        if (other !== box) other.scrollLeft = box.scrollLeft;
      });
      clearTimeout(release);
      release = setTimeout(function () { leader = null; }, 80);
    });
  });

  // The same cell opens in each, so that all stay in line.
  var matrices = all(".together .matrix").map(function (matrix) { return all("details", matrix); });
  matrices.forEach(function (blocks, place) {
    blocks.forEach(function (block, index) {
      block.addEventListener("toggle", function () {
        matrices.forEach(function (others, other) {
          if (other !== place && others[index] && others[index].open !== block.open) others[index].open = block.open;
        });
      });
    });
  });

  var table = document.querySelector("[data-compared]");
  if (!table) return;
  var body = table.tBodies[0];
  var rows = all("tr", body);
  var heads = all("thead th", table);
  var words = [];
  var verdict = "";
  var used = "";
  var texts;

  function value(row, column) {
    var cell = row.cells[column];
    return cell.hasAttribute("data-order") ? cell.getAttribute("data-order") : cell.textContent.trim();
  }

  heads.forEach(function (head, column) {
    if (head.parentNode.lastElementChild === head && head.textContent.indexOf("say") >= 0) return;
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.appendChild(button);
    button.addEventListener("click", function () {
      // What counts most comes first; a second click turns the order.
      var numeric = rows.length > 0 && rows.every(function (row) {
        var text = value(row, column);
        return text === "" || !isNaN(Number(text));
      });
      var now = head.getAttribute("aria-sort");
      var descending = now ? now === "ascending" : numeric;
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      var sorted = rows.map(function (row, index) { return { row: row, index: index, value: value(row, column) }; });
      sorted.sort(function (a, b) {
        var order = numeric ? Number(a.value) - Number(b.value) : a.value.localeCompare(b.value);
        return (descending ? -order : order) || a.index - b.index;
      });
      sorted.forEach(function (item) { body.appendChild(item.row); });
    });
  });

  var tools = document.querySelector("[data-tools='compared']");
  if (!tools || rows.length < 2) return;
  function field(label, name) {
    var holder = document.createElement("label");
    holder.textContent = label;
    var input = document.createElement(name);
    holder.appendChild(input);
    tools.appendChild(holder);
    return input;
  }
  function apply() {
    texts = texts || rows.map(function (row) { return row.textContent.toLowerCase(); });
    var shown = 0;
    rows.forEach(function (row, index) {
      var fits = (!verdict || row.getAttribute("data-verdict") === verdict) &&
        (!used || row.hasAttribute("data-used") === (used === "yes")) &&
        words.every(function (word) { return texts[index].indexOf(word) >= 0; });
      row.hidden = !fits;
      if (fits) shown += 1;
    });
    result.textContent = verdict || used || words.length ? shown + " of " + rows.length + " rows" : "";
  }
  var input = field("Filter techniques", "input");
  input.type = "search";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.addEventListener("input", function () {
    words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    apply();
  });
  var choice = field("Strongest", "select");
  var known = [""];
  rows.forEach(function (row) {
    var text = row.getAttribute("data-verdict");
    if (known.indexOf(text) < 0) known.push(text);
  });
  function offer(choice, value, text) {
    var option = document.createElement("option");
    option.value = value;
    option.textContent = text;
    choice.appendChild(option);
  }
  known.sort();
  known.forEach(function (text) { offer(choice, text, text || "any"); });
  choice.addEventListener("change", function () {
    verdict = choice.value;
    apply();
  });
  if (table.hasAttribute("data-threat")) {
    var uses = field("Threat", "select");
    offer(uses, "", "any");
    offer(uses, "yes", "used");
    offer(uses, "no", "not used");
    uses.addEventListener("change", function () {
      used = uses.value;
      apply();
    });
  }
  var result = document.createElement("output");
  result.setAttribute("aria-live", "polite");
  tools.appendChild(result);
  tools.hidden = false;
})();
