/* During a trial the tables and the picture for paper show the trial, and say so. */
"use strict";
pcngeo.tables = function (page) {
  var data = page.data, make = page.make, number = pcngeo.rules.number, rules = pcngeo.rules;
  var SVG = "http://www.w3.org/2000/svg";

  function mine(selector) {
    return Array.from(document.querySelectorAll(selector)).filter(function (part) {
      return +part.closest("[data-option]").dataset.option === data.current;
    });
  }
  /** Show new content in a cell, or what it held before the trial. */
  function fill(cell, content) {
    if (!cell.kept) { cell.kept = Array.from(cell.childNodes); }
    cell.replaceChildren.apply(cell, content || cell.kept);
  }
  function badge(id) { return make("span", { class: "badge fill-" + data.colours[id], text: id }); }

  function practices(base) {
    mine(".practices tbody tr").forEach(function (row) {
      var i = page.code[row.dataset.practice], p = data.practices[i], moved = base && p.moved;
      if (!moved && !row.changed) { return; }
      row.changed = moved;
      row.classList.toggle("moved", !!moved);
      fill(row.cells[0], moved && [p.network ? badge(p.network) : make("span", { class: "muted", text: p.offered ? p.offered + "?" : "none" })]);
      fill(row.cells[5], moved && [p.words + (base[i] ? ", was " + base[i] : "")]);
      var why = row.querySelector(".why");
      fill(why, moved && [(p.offered ? "Offered to Network " + p.offered + " in your trial; it was in " : "Moved to " + named(p.network) + " in your trial, from ") + named(base[i]) + "."]);
    });
  }

  function named(id) { return id ? "Network " + id : "no network"; }
  function kilometres(metres) { return (metres / 1000).toFixed(1) + " km"; }
  function figures(base) {
    var at = data.practices.map(function (p) { return p.network; }), before = rules.groups(base || []), now = rules.groups(at);
    mine("#figures tbody tr").forEach(function (row) {
      var id = row.dataset.network, own = now[id] || [], changed = base && String(before[id] || []) !== String(own);
      if (!changed && !row.changed) { return; }
      row.changed = changed;
      row.classList.toggle("moved", !!changed);
      var heads = Array.from(row.closest("table").tHead.rows[0].cells, function (cell) { return cell.dataset.words || cell.textContent; });
      var cost = page.cost(id, own), judged = page.judge(id);
      var told = { "Around": cost.hub >= 0 ? data.practices[cost.hub].name + cost.by : "", "Practices": number(own.length), "People": number(judged.people),
        "Average distance": kilometres(cost.cost / Math.max(rules.people(own, data), 1)), "Farthest practice": kilometres(cost.far), "Across": kilometres(cost.span),
        "Compactness": "", "To note": judged.flags.words.concat(rules.beyond(id, at, data)).join("; ") };
      heads.forEach(function (head, k) { if (told[head] !== undefined) { fill(row.cells[k], changed && [told[head]]); } });
    });
    mine("#figures tfoot tr").forEach(function (row) {
      var label = row.cells[0].textContent, list = data.practices.filter(function (p) { return label === "Total registered" || (label === "In networks") === !!p.network; });
      fill(row.cells[1], base && [number(list.length)]);
      fill(row.cells[2], base && [number(list.reduce(function (sum, p) { return sum + p.people; }, 0))]);
    });
  }

  /** The mark beside a number on paper follows the trial too. */
  function chip(mark, id) {
    var old = mark.querySelector("[data-chip]"), kind = page.chip(id);
    if (old) { old.remove(); }
    if (!kind) { return; }
    var half = mark.lastElementChild.previousElementSibling.getAttribute("width") / 2, group = part("g", { "data-chip": "" });
    group.append(part("rect", { x: half - 1, y: -13, width: 17, height: 26, rx: 5, fill: "#B35900", stroke: "#fff", "stroke-width": 2 }),
      part("text", { x: half + 7.5, y: 5.5, "text-anchor": "middle", "font-family": "Arial, Helvetica, sans-serif", "font-size": kind === "!" ? 15 : 13, "font-weight": 700, fill: "#fff" }));
    group.lastChild.textContent = kind;
    mark.prepend(group);
  }
  function part(name, attributes) {
    var element = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { element.setAttribute(key, attributes[key]); });
    return element;
  }

  /** The picture for paper: areas, edges, numbers and circles of the trial. */
  function picture(base) {
    var frame = document.querySelector(".picture[data-option='" + data.current + "']");
    if (!frame || (!base && !frame.changed)) { return; }
    if (!frame.kept) { frame.kept = Array.from(frame.children); }
    frame.changed = !!base;
    if (!base) { frame.replaceChildren.apply(frame, frame.kept); page.chart.shadeStill(frame); page.chart.overlayStill(frame); return; }
    var svg = frame.kept[0].cloneNode(true), seen = svg.dataset.frame.split(" ").map(Number), at = page.chart.at;
    function x(east) { return ((east - seen[0]) * seen[2]).toFixed(1); }
    function y(north) { return ((seen[1] - north) * seen[2]).toFixed(1); }
    svg.querySelectorAll("[data-site]").forEach(function (area) {
      var network = at[+area.dataset.site];
      area.kept = network ? data.fills[data.colours[network]] : "#FFFFFF";
      area.removeAttribute("stroke");
    });
    var lines = { inner: "", edge: "" };
    data.sides.forEach(function (side) {
      var kind = at[side[0]] === (side[1] < 0 ? null : at[side[1]]) ? "inner" : "edge";
      side[2].forEach(function (line) { lines[kind] += "M" + line.map(function (p) { return x(p[1]) + " " + y(p[0]); }).join("L"); });
    });
    svg.querySelectorAll("[data-line]").forEach(function (path) { path.setAttribute("d", lines[path.dataset.line]); });
    svg.querySelectorAll("[data-badge]").forEach(function (mark) {
      var shown = page.chart.badges[mark.dataset.badge], part = shown && shown.marker.getElement().style.display !== "none";
      if (!part) { mark.remove(); return; }
      var point = shown.marker.getLatLng();
      mark.setAttribute("transform", "translate(" + x(point.lng) + " " + y(point.lat) + ")");
      chip(mark, mark.dataset.badge);
    });
    document.querySelectorAll(".legend [data-mark]").forEach(function (item) {
      item.hidden = !data.networks.some(function (n) { return page.chip(n.id) === item.dataset.mark; });
    });
    svg.querySelectorAll("[data-leader]").forEach(function (line) { line.remove(); });
    data.practices.forEach(function (p, i) {
      var mark = p.moved && svg.querySelector("use[data-code='" + CSS.escape(p.code) + "']");
      if (mark) { mark.setAttribute("href", "#s-moved"); }
    });
    var words = part("text", { x: 12, y: 24, "font-size": 18, "font-weight": 700, fill: "#5B2A86", "font-family": "Arial, Helvetica, sans-serif" });
    words.textContent = "A reader\u2019s trial, not the proposal";
    svg.append(words);
    frame.replaceChildren(svg);
    page.chart.shadeStill(frame);
    page.chart.overlayStill(frame);
  }

  return function (base) {
    practices(base);
    figures(base);
    picture(base);
  };
};
