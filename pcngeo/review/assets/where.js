/* Where practices and branch surgeries are, as a table: made when it is opened. */
"use strict";
pcngeo.where = function (page) {
  var data = page.data, make = page.make, box = document.getElementById("where");
  if (!box) { return; }
  function row(k, i, kind, postcode, east, north) {
    var p = data.practices[i], known = east !== null;
    return make("tr", {}, [
      make("th", { scope: "row", "data-key": k }, [make("a", { class: "open", href: "#p-" + p.code, "data-practice": p.code }, [make("bdi", { text: p.name })])]),
      make("td", { text: p.code }), make("td", {}, [make("bdi", { text: kind })]), make("td", { class: "nowrap", text: postcode }),
      make("td", { class: "number", text: known ? String(east) : "not known" }), make("td", { class: "number", text: known ? String(north) : "not known" })]);
  }
  box.addEventListener("toggle", function () {
    var body = box.querySelector("tbody");
    if (!box.open || body.rows.length) { return; }
    data.practices.forEach(function (p, i) {
      var east = p.lost ? null : Math.round(p.x + data.corner[0]), north = p.lost ? null : Math.round(p.y + data.corner[1]);
      body.append(row(body.rows.length, i, "Practice", p.postcode, east, north));
      data.branchPlaces.filter(function (b) { return b[0] === i; }).forEach(function (b) { body.append(row(body.rows.length, i, "Branch: " + b[1], b[2], b[3], b[4])); });
    });
  });
};
