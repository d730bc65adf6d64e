/* What the map can show beside the plan, where it is given; all off at first. */
"use strict";
pcngeo.layers = function (page) {
  var data = page.data, map = page.map, given = data.layers, make = page.make;
  function when(id, act) {
    var box = document.getElementById(id);
    if (box) { box.addEventListener("change", function () { act(box.type === "checkbox" ? box.checked : box.value); }); }
  }

  // ---- borders ----------------------------------------------------------------------------------
  (given.lines || []).forEach(function (layer, k) {
    var drawn = null;
    when("show-lines-" + k, function (on) {
      drawn = drawn || L.polyline(layer.lines, { interactive: false, pane: "lines", color: "#4a5866", weight: 1.2, dashArray: k ? "1 3" : "6 3 1 3", opacity: 0.9, fill: false, smoothFactor: 0.4 });
      drawn[on ? "addTo" : "remove"](map);
      page.say((on ? "The map shows " : "Hidden: ") + layer.name + ".");
    });
  });

  // ---- deprivation, rurality: colour of each practice's area; networks keep edges and numbers -----
  when("shade", function (value) {
    var chart = page.chart(), layer = value === "" ? null : given.shades[+value], ramp = document.getElementById("ramp");
    chart.shade = null;
    if (layer) {
      var most = data.sites.map(function () { return -1; });
      chart.shade = data.sites.map(function () { return "#ffffff"; });
      data.practices.forEach(function (p, i) {
        if (p.site >= 0 && layer.steps[i] >= 0 && p.people > most[p.site]) { most[p.site] = p.people; chart.shade[p.site] = given.ramp[layer.steps[i]]; }
      });
    }
    ramp.hidden = !layer;
    ramp.replaceChildren.apply(ramp, !layer ? [] : [layer.name + ": "].concat(layer.ranges.map(function (words, k) {
      return words && make("span", { class: "step" }, [swatch(given.ramp[k]), " " + words]);
    }).filter(Boolean)));
    map.invalidateSize({ animate: false });
    chart.draw();
    document.querySelectorAll(".picture").forEach(function (picture) { chart.shadeStill(picture); });
    page.say(layer ? "The colours show: " + layer.name + "." : "The colours show networks.");
  });
  function swatch(fill) {
    var box = make("span", { class: "swatch", "aria-hidden": "true" });
    box.style.background = fill;
    return box;
  }

  // ---- a background from the internet: only where the planner gave one and the reader asks ----------
  var tiles = null;
  when("show-background", function (on) {
    var from = given.background;
    if (!tiles) {
      tiles = L.tileLayer("", { tileSize: 256, minZoom: -20, maxZoom: 4, opacity: 0.6, pane: "tilePane" });
      tiles.getTileUrl = function (at) {
        var size = this.getTileSize(), corner = at.scaleBy(size), a = map.unproject(corner, at.z), b = map.unproject(corner.add(size), at.z);
        return from.url + (from.url.indexOf("?") < 0 ? "?" : "&") + "SERVICE=WMS&REQUEST=GetMap&VERSION=1.1.1&SRS=EPSG:27700&STYLES=&FORMAT=image/png&WIDTH=256&HEIGHT=256&BBOX=" +
          [a.lng + from.east, b.lat + from.north, b.lng + from.east, a.lat + from.north].map(function (v) { return v.toFixed(1); }).join(",");
      };
    }
    tiles[on ? "addTo" : "remove"](map);
    page.chart().faint = on;
    page.chart().draw();
    page.say(on ? "The background comes from the internet." : "Background hidden.");
  });

  return {
    facts: function (i) {
      return (given.branchWords ? [["Branches", given.branchWords[i]]] : [])
        .concat((given.shades || []).map(function (layer) { return [layer.name, layer.words[i]]; }));
    }
  };
};
