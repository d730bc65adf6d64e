/* Several practices at once: chosen by mouse, by keyboard or in a list, moved together. */
"use strict";
pcngeo.select = function (page) {
  var data = page.data, make = page.make, number = pcngeo.rules.number, rules = pcngeo.rules;
  var chosen = new Set(), target = null, chart = page.chart, frame = chart.map.getContainer();
  chart.state.chosen = chosen;

  var plural = rules.plural;
  function people() { return rules.people(Array.from(chosen), data); }
  function set(list, on) {
    list.forEach(function (i) { if (data.practices[i].fixed) { return; } if (on === undefined ? !chosen.has(i) : on) { chosen.add(i); } else { chosen.delete(i); } });
    chart.choose();
    page.refresh();
    page.say(chosen.size ? plural(chosen.size, "practice") + " selected, " + rules.persons(people()) + "." : "Nothing is selected.");
  }
  function clear() { set(Array.from(chosen), false); }

  /** What the networks that are touched would be after the move, in words. */
  function outcome(to) {
    var list = Array.from(chosen), found = rules.move(list, to, data.practices.map(function (p) { return p.network; }), data);
    var offered = to ? list.filter(function (i) { return data.practices[i].off; }).length : 0;
    var words = found.sides.length ? page.sides(found) : "No network changes.";
    return { level: found.level, words: words + (offered ? " " + plural(offered, "practice") + " can only be offered to it, and " + (offered === 1 ? "is" : "are") + " not counted." : "") };
  }

  /** The part of the trial's panel about the selection. */
  function panel() {
    if (!chosen.size) {
      return make("p", { class: "muted", text: "To move several at once: hold Ctrl (or Cmd) and press them, or hold Shift and draw a box on the map; with the keyboard, press X on a practice; or tick them in a network\u2019s list." });
    }
    var pick = make("select", { id: "move-chosen" }), said = make("p", { id: "chosen-outcome" });
    data.networks.forEach(function (n) { pick.append(make("option", { value: n.id, text: "Network " + n.id })); });
    pick.append(make("option", { value: "", text: "no network" }));
    if (target !== null) { pick.value = target; }
    function tell() { var o = outcome(pick.value); target = pick.value; said.replaceChildren(page.flag(o.level), " " + o.words); }
    pick.addEventListener("change", tell);
    tell();
    return make("div", { class: "chosen", role: "group", "aria-label": "Selected practices" }, [
      make("p", {}, [make("b", { text: plural(chosen.size, "practice") + " selected" }), ", " + rules.persons(people()) + ": " +
        Array.from(chosen).map(function (i) { return data.practices[i].name; }).join("; ") + "."]),
      make("p", { class: "elsewhere" }, [make("label", { for: "move-chosen", text: "Move them to" }), pick,
        make("button", { type: "button", text: "Move the selection", click: function () {
          var list = Array.from(chosen), to = pick.value;
          chosen.clear();
          chart.choose();
          page.move(list, to);
          page.focus();
        } }),
        make("button", { type: "button", text: "Clear the selection", click: function () { clear(); page.focus(); } })]), said]);
  }

  // ---- a box drawn with the mouse while Shift is held --------------------------------------------
  var from = null, box = make("div", { class: "rubber" });
  function place(event) {
    var edge = frame.getBoundingClientRect(), x = event.clientX - edge.left, y = event.clientY - edge.top;
    return { left: Math.min(x, from.x), top: Math.min(y, from.y), right: Math.max(x, from.x), bottom: Math.max(y, from.y) };
  }
  chart.map.boxZoom.disable();
  frame.addEventListener("mousedown", function (event) {
    if (!event.shiftKey || event.button || event.target.closest(".leaflet-control")) { return; }
    var edge = frame.getBoundingClientRect();
    from = { x: event.clientX - edge.left, y: event.clientY - edge.top };
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("mousemove", function (event) {
    if (!from) { return; }
    var r = place(event);
    if (!box.parentNode) { frame.append(box); }
    Object.assign(box.style, { left: r.left + "px", top: r.top + "px", width: r.right - r.left + "px", height: r.bottom - r.top + "px" });
  });
  document.addEventListener("mouseup", function (event) {
    if (!from) { return; }
    var r = place(event), drawn = !!box.parentNode && r.right - r.left > 4;
    box.remove();
    from = null;
    if (!drawn) { return; }
    var inside = chart.pins.filter(function (pin) {
      var at = chart.map.layerPointToContainerPoint(pin.at);
      return at.x >= r.left && at.x <= r.right && at.y >= r.top && at.y <= r.bottom;
    }).map(function (pin) { return pin.i; });
    page.begin();
    set(inside, true);
  });

  return { chosen: chosen, set: set, clear: clear, panel: panel };
};
