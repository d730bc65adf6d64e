/* Who is next to whom, as a table: made when it is opened, so that nobody waits for it. */
"use strict";
pcngeo.links = function (page) {
  var data = page.data, make = page.make, number = pcngeo.rules.number, box = document.getElementById("links");
  if (!box) { return { refresh: function () {}, show: function () {} }; }
  var body = box.querySelector("tbody"), find = document.getElementById("links-find"), kind = document.getElementById("links-kind");
  var count = document.getElementById("links-count"), rows = [], shown = null;

  function badge(i) {
    var id = data.practices[i].network;
    return id ? make("span", { class: "badge fill-" + data.colours[id], text: id }) : make("span", { class: "muted", text: "none" });
  }
  function practice(i) {
    var p = data.practices[i];
    return make("a", { class: "open", href: "#p-" + p.code, "data-practice": p.code }, [make("bdi", { text: p.name })]);
  }
  function away(link) {
    var a = data.practices[link[0]], b = data.practices[link[1]];
    return Math.round(Math.hypot(a.x - b.x, a.y - b.y));
  }
  function row(link, k) {
    var cells = [make("th", { scope: "row", "data-key": k }, [practice(link[0])]), make("td", {}, [badge(link[0])]),
      make("td", {}, [practice(link[1])]), make("td", {}, [badge(link[1])]),
      make("td", { class: "why", text: data.kinds[link[2]] + (link[4] ? ": " + link[4] : "") }),
      make("td", { class: "number", text: link[3] ? number(link[3]) : "" }), make("td", { class: "number", text: number(away(link)) }),
      make("td", {}, [make("button", { type: "button", text: "Show on the map", "aria-pressed": "false",
        "aria-label": "Show on the map: " + data.practices[link[0]].name + " and " + data.practices[link[1]].name, click: function () { mark(link); } })])];
    return make("tr", {}, cells);
  }
  function fill() {
    if (!rows.length) {
      rows = data.links.map(row);
      body.append.apply(body, rows);
    }
    filter();
  }
  function filter() {
    var words = page.plain(find.value.trim()), want = kind.value, left = 0;
    data.links.forEach(function (link, k) {
      var a = data.practices[link[0]], b = data.practices[link[1]], same = !!a.network && a.network === b.network;
      var text = page.plain(a.name + " " + a.code + " " + b.name + " " + b.code);
      var keep = (!words || text.indexOf(words) >= 0) && (want === "" || (want === "within" ? same : want === "between" ? !same : link[2] === +want));
      rows[k].hidden = !keep;
      left += keep ? 1 : 0;
    });
    count.textContent = left === data.links.length ? pcngeo.rules.plural(left, "link") + "." : (left ? number(left) : "None") + " of " + pcngeo.rules.plural(data.links.length, "link") + ".";
  }
  function mark(link) {
    shown = shown === link ? null : link;
    page.chart.mark(shown ? [shown[0], shown[1]] : null);
    data.links.forEach(function (other, k) { rows[k].querySelector("button").setAttribute("aria-pressed", String(other === shown)); });
    page.say(shown ? "The map shows the link of " + data.practices[link[0]].name + " and " + data.practices[link[1]].name + "." : "The link is no longer marked.");
    if (shown) { document.getElementById("work").scrollIntoView({ block: "start" }); }
  }
  box.addEventListener("toggle", function () { if (box.open) { fill(); } });
  find.addEventListener("input", filter);
  kind.addEventListener("change", filter);
  return {
    /** Networks as they are now, in a trial or in another plan. */
    refresh: function () {
      if (!rows.length) { return; }
      data.links.forEach(function (link, k) {
        rows[k].cells[1].replaceChildren(badge(link[0]));
        rows[k].cells[3].replaceChildren(badge(link[1]));
      });
      filter();
    },
    /** Open the table at one practice. */
    show: function (i) {
      box.open = true;
      fill();
      kind.value = "";
      find.value = data.practices[i].code;
      filter();
      find.focus();
      box.scrollIntoView({ block: "start" });
      page.say(count.textContent);
    }
  };
};
