/* Tables that sort and filter. What is filtered away is hidden on the screen only: paper has every
   row. Nothing of it is remembered; a trial and another plan are filtered as what they show. */
"use strict";
pcngeo.filter = function (page) {
  var data = page.data, make = page.make, rules = pcngeo.rules, plain = page.plain;

  // ---- sorting -----------------------------------------------------------------------------------
  document.querySelectorAll("th[data-sort]").forEach(function (head) {
    var column = head.cellIndex, button = make("button", { type: "button", text: head.textContent });
    head.dataset.words = button.textContent;
    head.replaceChildren(button, make("span", { class: "print-only", "aria-hidden": "true", text: button.textContent }));
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending", body = head.closest("table").tBodies[0];
      head.closest("tr").querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var rows = Array.from(body.rows), kind = head.dataset.sort;
      function key(row) {
        var cell = row.cells[column], words = cell.textContent;
        return kind === "order" ? +cell.dataset.key : kind === "number" ? parseFloat(words.replace(/,/g, "")) || 0 : plain(words);
      }
      rows.sort(function (a, b) {
        var x = key(a), y = key(b);
        return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1) || a.cells[0].dataset.key - b.cells[0].dataset.key;
      });
      body.append.apply(body, rows);
      page.say("Sorted by " + button.textContent + (down ? ", descending" : ", ascending"));
    });
  });

  // ---- filtering ---------------------------------------------------------------------------------
  function part(id) { return document.getElementById(id); }
  function mine(selector) {
    return Array.from(document.querySelectorAll(selector)).filter(function (row) { return +row.closest("[data-option]").dataset.option === data.current; });
  }
  /** A bar of fields over a table: `keep` says which rows stay, `told` what is left in words. */
  function bar(box, rows, keep, told) {
    var fields = Array.from(box.querySelectorAll("input, select")), count = box.querySelector(".count"), clear = box.querySelector("button");
    function asked() { return fields.some(function (field) { return field.value.trim() !== ""; }); }
    function apply() {
      var list = rows(), on = asked(), left = list.filter(function (row) {
        var stays = !on || keep(row);
        row.classList.toggle("filtered", !stays);
        return stays;
      });
      clear.hidden = !on;
      count.textContent = on ? told(left, list) : "";
      return count.textContent;
    }
    function changed() { apply(); page.say(count.textContent || "All rows are shown."); }
    function wipe() { fields.forEach(function (field) { field.value = ""; }); }
    fields.forEach(function (field) { field.addEventListener(field.tagName === "SELECT" ? "change" : "input", changed); });
    clear.addEventListener("click", function () {
      wipe();
      changed();
      fields[0].focus();
    });
    return { apply: apply, wipe: wipe, asked: asked };
  }
  function of(left, all, word) { return (left.length ? rules.number(left.length) : "None") + " of " + rules.plural(all.length, word); }
  function choices(select, words, values) {
    var had = select.value;
    select.replaceChildren.apply(select, [select.options[0]].concat(words.map(function (text, k) { return make("option", { value: values[k], text: text }); })));
    select.value = values.indexOf(had) >= 0 ? had : "";
  }

  var LEAVES = "Would leave today\u2019s network", text = part("filter-text"), network = part("filter-network"), status = part("filter-status");
  var practices = bar(part("filter"), function () { return mine(".practices tbody tr"); }, function (row) {
    var p = data.practices[page.code[row.dataset.practice]];
    var words = plain([p.name, p.published, p.code, p.postcode, p.today, p.reason].join(" "));
    return plain(text.value).split(/\s+/).every(function (word) { return words.indexOf(word) >= 0; }) &&
      (!network.value || (network.value === "none" ? !p.network : "n" + p.network === network.value)) && (!status.value || (status.value === LEAVES ? !!row.querySelector(".leaves") : p.words === status.value));
  }, function (left, all) {
    var people = left.reduce(function (sum, row) { return sum + data.practices[page.code[row.dataset.practice]].people; }, 0);
    return of(left, all, "practice") + (left.length ? " (" + rules.persons(people) + ")." : ".");
  });
  var noted = part("figures-text"), kind = part("figures-kind");
  var networks = bar(part("figures-filter"), function () { return mine("#figures tbody tr"); }, function (row) {
    var words = plain(row.cells[0].textContent + " " + row.cells[1].textContent), note = row.cells[row.cells.length - 1].textContent.trim();
    return words.indexOf(plain(noted.value.trim())) >= 0 && (!kind.value || (kind.value === "noted") === !!note);
  }, function (left, all) { return of(left, all, "network") + "."; });

  function refresh() {
    var ids = data.networks.map(function (n) { return n.id; });
    choices(network, ids.map(function (id) { return "Network " + id; }).concat("in no network"), ids.map(function (id) { return "n" + id; }).concat("none"));
    var found = Array.from(new Set(data.practices.map(function (p) { return p.words; }))).sort();
    if (mine(".practices .leaves").length) { found.push(LEAVES); }
    choices(status, found, found);
    practices.apply();
    networks.apply();
  }
  refresh();
  function reveal(row) {
    if (!row) { return; }
    row.scrollIntoView({ block: "center" });
    row.querySelector("a").focus({ preventScroll: true });
  }
  return {
    /** Choices and rows as they are now, in a trial or in another plan. */
    refresh: refresh,
    /** From the map to the table: one practice's row, or all rows of a network. */
    practice: function (i) {
      var row = mine(".practices tbody tr").find(function (r) { return r.dataset.practice === data.practices[i].code; });
      if (row.classList.contains("filtered")) { practices.wipe(); practices.apply(); }
      reveal(row);
    },
    network: function (id) {
      practices.wipe();
      network.value = "n" + id;
      page.say(practices.apply());
      reveal(mine(".practices tbody tr:not(.filtered)")[0]);
    },
    figures: function (id) {
      var row = mine("#figures tbody tr").find(function (r) { return r.dataset.network === id; });
      if (row && row.classList.contains("filtered")) { networks.wipe(); networks.apply(); }
      reveal(row);
    }
  };
};
