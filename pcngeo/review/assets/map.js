/* What folium does not do, on the map that folium made: symbols, numbers, edges, names, keyboard. */
"use strict";
pcngeo.chart = (function () {
  var SVG = "http://www.w3.org/2000/svg";
  var INK = "#14202b", FADED = 0.3;
  /* A number may lie across its network's edge, but its middle is this far inside, in pixels. */
  var INSIDE = 4;
  /* How far a number may lie over a small circle where the whole map is tight. */
  var OVER = 3;

  function symbol(name, r) {
    var svg = document.createElementNS(SVG, "svg"), use = document.createElementNS(SVG, "use");
    var size = (2.8 * r).toFixed(1);
    svg.setAttribute("width", size);
    svg.setAttribute("height", size);
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", "#s-" + name);
    use.setAttribute("width", size);
    use.setAttribute("height", size);
    svg.appendChild(use);
    return svg;
  }

  /* As in symbols.py: least radius of a list without a network, most of a network of one practice. */
  var LEAST = { orphan: 8, proposed: 8, covered: 7, special: 6 };
  function roomAlone(area) { return Math.max(7, Math.sqrt(area / (3.2 * Math.PI))); }

  function radius(people, status) {
    if (status === "special") { return 7; }
    return Math.max(5, 15 * Math.sqrt(people) / 155) + (status === "alone" ? 4 : 0);
  }

  /** Circles closer than they may be, pushed apart a little at a time; the same every time. */
  function pushApart(places, radii, least) {
    var n = places.length, pairs = [], i, j, round;
    var moved = places.map(function (p, k) {
      return { x: p.x + 0.01 * Math.cos(k * 2.399963), y: p.y + 0.01 * Math.sin(k * 2.399963) };
    });
    for (i = 0; i < n; i += 1) {
      for (j = i + 1; j < n; j += 1) {
        var want = Math.max(radii[i] + radii[j] + 2, least);
        if (Math.hypot(moved[i].x - moved[j].x, moved[i].y - moved[j].y) < want + 60) { pairs.push([i, j, want]); }
      }
    }
    for (round = 0; round < 60; round += 1) {
      var quiet = true;
      var step = moved.map(function () { return { x: 0, y: 0 }; });
      pairs.forEach(function (pair) {
        var a = moved[pair[0]], b = moved[pair[1]];
        var dx = b.x - a.x, dy = b.y - a.y, d = Math.max(Math.hypot(dx, dy), 1e-9), lack = pair[2] - d;
        if (lack > 0.05) {
          quiet = false;
          var k = lack * 0.45 / d;
          step[pair[0]].x -= dx * k; step[pair[0]].y -= dy * k;
          step[pair[1]].x += dx * k; step[pair[1]].y += dy * k;
        }
      });
      if (quiet) { break; }
      moved.forEach(function (p, k) { p.x += step[k].x; p.y += step[k].y; });
    }
    return moved;
  }

  function Chart(map, areas, data, actions) {
    this.map = map;
    this.areas = areas;
    this.data = data;
    this.actions = actions;
    this.state = { network: null, practice: null, chosen: new Set() };
    this.bounds = L.latLngBounds([data.bounds[1], data.bounds[0]], [data.bounds[3], data.bounds[2]]);
    this.narrow = window.matchMedia("(max-width: 560px)");
    this.pins = [];
    this.badges = {};
    this.order = [];
    this._start();
  }

  Chart.prototype._start = function () {
    var map = this.map, self = this;
    ["lines", "leaders", "practices", "numbers", "names"].forEach(function (name, i) {
      map.createPane(name).style.zIndex = [410, 415, 620, 630, 640][i];
    });
    map.getPane("names").style.pointerEvents = "none";
    map.attributionControl && map.attributionControl.remove();
    L.control.zoom({ position: "topright", zoomInTitle: "Zoom in", zoomOutTitle: "Zoom out" }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 120, position: "bottomright" }).addTo(map);
    var rest = this.map.getContainer();
    rest.setAttribute("role", "application");
    rest.setAttribute("aria-label", "Map. Arrow keys move it, plus and minus zoom. Tab goes to the practices, then to the networks.");
    rest.setAttribute("aria-roledescription", "map");
    this.fit();
    this._places();
    this._lines();
    this._pins();
    this._badges();
    this._hover();
    map.on("zoomend", function () { self.place(); });
    map.on("moveend", function () { self._moved(); });
    map.on("resize", function () {
      if (self._gone()) { return; }
      if (!self.away) { self.fit(); }
      self.place();
    });
    // The legend grows and shrinks with what is on the map, and the map with it.
    if (window.ResizeObserver) { new ResizeObserver(function () { if (rest.offsetHeight > 60) { map.invalidateSize({ animate: false }); } }).observe(rest); }
    rest.addEventListener("scroll", function () { rest.scrollTop = 0; rest.scrollLeft = 0; });
    this.draw();
  };

  /** Whether the map has no room at all, as while the page is printed. */
  Chart.prototype._gone = function () {
    var size = this.map.getSize();
    return size.x < 60 || size.y < 60;
  };

  Chart.prototype.fit = function () {
    if (this._gone()) { return; }
    this.map.setMinZoom(-20);
    this.map.fitBounds(this.bounds, { padding: [14, 14], animate: false });
    this.home = this.map.getZoom();
    this.map.setMinZoom(this.home - 0.7);
    this.away = false;
    this._moved();
  };

  Chart.prototype._moved = function () {
    var map = this.map, centre = map.latLngToContainerPoint(this.bounds.getCenter());
    var middle = map.getSize().divideBy(2);
    this.away = Math.abs(map.getZoom() - this.home) > 0.05 || centre.distanceTo(middle) > 12;
    this.actions.away(this.away);
    if (window.matchMedia("(pointer: coarse)").matches) {
      map.dragging[map.getZoom() > this.home + 0.1 ? "enable" : "disable"]();
    }
  };

  /** Network of every site: that of most of its people. */
  Chart.prototype._sites = function () {
    var data = this.data, people = data.sites.map(function () { return {}; });
    data.practices.forEach(function (p) {
      if (p.site >= 0) {
        var network = p.network;
        people[p.site][network] = (people[p.site][network] || 0) + p.people;
      }
    });
    return people.map(function (count) {
      return Object.keys(count).sort().reduce(function (best, n) { return best === null || count[n] > count[best] ? n : best; }, null) || "";
    });
  };

  /** Names of the areas around. */
  Chart.prototype._places = function () {
    var self = this;
    this.places = [];
    this.data.places.forEach(function (place) {
      var words = document.createElement("span");
      words.className = "place";
      words.setAttribute("aria-hidden", "true");
      words.textContent = place[0];
      var marker = L.marker([place[2], place[1]], { icon: L.divIcon({ className: "pin", html: words, iconSize: null }), interactive: false, keyboard: false, pane: "leaders" }).addTo(self.map);
      self.places.push({ words: words, marker: marker });
    });
  };

  Chart.prototype._lines = function () {
    var none = { interactive: false, pane: "lines", fill: false, lineJoin: "round", lineCap: "round", smoothFactor: 0.4 };
    function line(colour, weight, more) { return L.polyline([], Object.assign({}, none, { color: colour, weight: weight, opacity: 1 }, more)); }
    this.inner = line("#fff", 1.2).addTo(this.map);
    this.casing = line("#fff", 5.5).addTo(this.map);
    this.edge = line(INK, 2.4).addTo(this.map);
    this.own = line(INK, 2.2, { dashArray: "2 5" }).addTo(this.map);
    this.before = line("#7a3e00", 3, { dashArray: "7 4", lineCap: "butt" }).addTo(this.map);
    this.links = line(INK, 1.4, { pane: "leaders", dashArray: "1.5 3" }).addTo(this.map);
    this.bridgeBack = line(INK, 5, { pane: "leaders", lineCap: "butt" }).addTo(this.map);
    this.bridges = line("#fff", 2, { pane: "leaders", lineCap: "butt", dashArray: "4 3" }).addTo(this.map);
    this.leaders = line(INK, 1, { pane: "leaders" }).addTo(this.map);
    this.markBack = line("#fff", 8, { pane: "leaders" }).addTo(this.map);
    this.marked = line("#5B2A86", 4, { pane: "leaders" }).addTo(this.map);
    this.dots = L.layerGroup().addTo(this.map);
    this.branches = L.layerGroup().addTo(this.map);
    this.data.branches.forEach(function (b) {
      var box = L.divIcon({ className: "branch", iconSize: [7, 7] });
      L.marker([b[1], b[0]], { icon: box, interactive: false, keyboard: false, pane: "leaders" }).addTo(this.branches);
    }, this);
    this.extras = L.layerGroup().addTo(this.map);
  };

  Chart.prototype.draw = function () {
    var state = this.state, data = this.data, at = this._sites(), self = this;
    this.at = at;
    var inner = [], edge = [], own = [];
    var chosen = state.practice === null ? -1 : data.practices[state.practice].site;
    data.sides.forEach(function (side) {
      var a = at[side[0]], b = side[1] < 0 ? null : at[side[1]];
      (a === b ? inner : edge).push.apply(a === b ? inner : edge, side[2]);
      if (chosen >= 0 && (side[0] === chosen || side[1] === chosen)) { own.push.apply(own, side[2]); }
    });
    this.inner.setLatLngs(inner);
    this.casing.setLatLngs(edge);
    this.edge.setLatLngs(edge);
    this.own.setLatLngs(own);
    var open = this._open();
    this.areas.eachLayer(function (layer) {
      var network = at[layer.feature.id];
      layer.setStyle({
        fillColor: self.shade ? self.shade[layer.feature.id] : network ? data.fills[data.colours[network]] : "#ffffff",
        fillOpacity: (open && network !== open ? FADED : 1) * (self.faint ? 0.55 : 1),
        stroke: false
      });
    });
    this.place();
    this.pins.forEach(function (pin) { self._label(pin); });
  };

  /** A still map shows the layer that colours the map, so that it is printed. */
  Chart.prototype.shadeStill = function (picture) {
    var shade = this.shade;
    picture.querySelectorAll("[data-site]").forEach(function (area) {
      if (area.kept === undefined) { area.kept = area.getAttribute("fill"); }
      area.setAttribute("fill", shade ? shade[+area.dataset.site] : area.kept);
    });
  };

  /** Edges of another plan's networks over this one's, or none. */
  Chart.prototype.overlay = function (option) {
    var now = this.data.practices.map(function (p) { return p.network; }), self = this, edge = [];
    if (option) {
      this.data.practices.forEach(function (p, i) { p.network = option.practices[i].network; });
      var at = this._sites();
      this.data.practices.forEach(function (p, i) { p.network = now[i]; });
      this.data.sides.forEach(function (side) { if (side[1] >= 0 && at[side[0]] !== at[side[1]]) { edge.push.apply(edge, side[2]); } });
    }
    self.before.setLatLngs(edge);
    self.overlaid = edge;
    document.querySelectorAll(".picture").forEach(function (picture) { self.overlayStill(picture); });
    document.querySelectorAll(".overlaid").forEach(function (item) { item.hidden = !edge.length; });
  };

  /** A still map shows these edges too, so that they are printed. */
  Chart.prototype.overlayStill = function (picture) {
    var lines = this.overlaid || [];
    picture.querySelectorAll("svg[data-frame]").forEach(function (svg) {
      var old = svg.querySelector("[data-overlaid]"), seen = svg.dataset.frame.split(" ").map(Number), path;
      if (old) { old.remove(); }
      if (!lines.length) { return; }
      path = document.createElementNS(SVG, "path");
      path.setAttribute("data-overlaid", "");
      path.setAttribute("d", lines.map(function (line) {
        return "M" + line.map(function (p) { return ((p[1] - seen[0]) * seen[2]).toFixed(1) + " " + ((seen[1] - p[0]) * seen[2]).toFixed(1); }).join("L");
      }).join(""));
      [["fill", "none"], ["stroke", "#7a3e00"], ["stroke-width", 3], ["stroke-dasharray", "7 4"]].forEach(function (pair) { path.setAttribute(pair[0], pair[1]); });
      svg.append(path);
    });
  };

  /** The network that is open: chosen, or that of the chosen practice. */
  Chart.prototype._open = function () {
    var state = this.state;
    if (state.network) { return state.network; }
    return state.practice === null ? "" : this.data.practices[state.practice].network;
  };

  Chart.prototype._pins = function () {
    var self = this;
    this.data.practices.forEach(function (practice, i) {
      if (!practice.shown) { return; }
      var button = document.createElement("button");
      button.type = "button";
      button.tabIndex = -1;
      var marker = L.marker([practice.y, practice.x], {
        icon: L.divIcon({ className: "pin", html: button, iconSize: null }),
        interactive: false, keyboard: false, pane: "practices"
      }).addTo(self.map);
      var pin = { i: i, marker: marker, button: button, practice: practice };
      L.DomEvent.disableClickPropagation(button);
      button.addEventListener("click", function (event) {
        if (event.ctrlKey || event.metaKey || event.shiftKey) { self.actions.choose(i); } else { self.actions.practice(i); }
      });
      button.addEventListener("keydown", function (event) { self._arrows(event, pin); });
      button.addEventListener("focus", function () { self._reach(pin.marker); self._tell(pin.button, self.actions.practiceWords(i)); self._rove(pin); });
      button.addEventListener("blur", function () { self._hush(); });
      button.addEventListener("mouseenter", function () { self._tell(pin.button, self.actions.practiceWords(i)); });
      button.addEventListener("mouseleave", function () { self._hush(); });
      self.pins.push(pin);
    });
    if (this.pins.length) { this.pins[0].button.tabIndex = 0; }
  };

  Chart.prototype._badges = function () {
    var self = this;
    this.order.forEach(function (id) { self.badges[id].marker.remove(); });
    this.badges = {};
    this.order = this.data.networks.map(function (n) { return n.id; });
    this.order.forEach(function (id, k) {
      var button = document.createElement("button"), words = document.createElement("span");
      button.type = "button";
      button.tabIndex = k ? -1 : 0;
      words.textContent = id;
      button.appendChild(words);
      var marker = L.marker([0, 0], {
        icon: L.divIcon({ className: "pin number-pin", html: button, iconSize: null }),
        interactive: false, keyboard: false, pane: "numbers"
      }).addTo(self.map);
      self.badges[id] = { id: id, marker: marker, button: button };
      L.DomEvent.disableClickPropagation(button);
      button.addEventListener("click", function () { self.actions.network(id); });
      button.addEventListener("keydown", function (event) {
        var step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step) {
          event.preventDefault();
          event.stopPropagation();
          var next = self.badges[self.order[(k + step + self.order.length) % self.order.length]];
          button.tabIndex = -1;
          next.button.tabIndex = 0;
          next.button.focus({ preventScroll: true });
        }
      });
      button.addEventListener("focus", function () { self._reach(marker); self._tell(button, self.actions.networkWords(id)); });
      button.addEventListener("blur", function () { self._hush(); });
      button.addEventListener("mouseenter", function () { self._tell(button, self.actions.networkWords(id)); });
      button.addEventListener("mouseleave", function () { self._hush(); });
    });
  };

  /** Another plan: other networks, other colours. */
  Chart.prototype.rebuild = function () {
    this.state.network = null;
    this.state.practice = null;
    this._badges();
    this.draw();
    this.labelBadges();
  };

  Chart.prototype._rove = function (pin) {
    this.pins.forEach(function (other) { other.button.tabIndex = other === pin ? 0 : -1; });
  };

  /** Arrow keys: the nearest practice in that direction. */
  Chart.prototype._arrows = function (event, from) {
    if (/^x$/i.test(event.key) && !event.ctrlKey && !event.metaKey) { event.preventDefault(); this.actions.choose(from.i); return; }
    if (/^[1-9]$/.test(event.key) && this.actions.key(from.i, event.key)) { event.preventDefault(); return; }
    var way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) { return; }
    event.preventDefault();
    event.stopPropagation();
    var best = null, least = Infinity;
    this.pins.forEach(function (pin) {
      var dx = pin.at.x - from.at.x, dy = pin.at.y - from.at.y;
      var along = dx * way[0] + dy * way[1], across = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      if (along > 0.5 && along + 2 * across < least) { least = along + 2 * across; best = pin; }
    });
    if (best) { best.button.focus({ preventScroll: true }); }
  };

  Chart.prototype._reach = function (marker) {
    var point = this.map.latLngToContainerPoint(marker.getLatLng()), size = this.map.getSize();
    if (point.x < 20 || point.y < 20 || point.x > size.x - 20 || point.y > size.y - 20) {
      this.map.panInside(marker.getLatLng(), { padding: [40, 40], animate: false });
    }
  };

  /** Places of everything that is measured in pixels: again after each zoom. */
  Chart.prototype.place = function () {
    var map = this.map, self = this, state = this.state, scale = Math.pow(2, map.getZoom());
    var zoomed = map.getZoom() - this.home;
    this._density(scale);
    var factor = this.narrow.matches ? 0.66 : 1;
    var radii = this.pins.map(function (pin) { return factor * radius(pin.practice.people, pin.practice.status); });
    var covered = radii.reduce(function (sum, r) { return sum + Math.PI * r * r; }, 0);
    var fit = Math.min(1, Math.sqrt(this.data.area * scale * scale / 12 / Math.max(covered, 1)));
    var grow = Math.min(1.35, 1 + Math.max(0, zoomed) * 0.12);
    radii = radii.map(function (r, k) {
      var p = self.pins[k].practice;
      r = Math.max(r * fit * grow, LEAST[p.status] || (self.tight ? 3 : 3.5));
      return p.status === "alone" && p.site >= 0 ? Math.min(r, roomAlone(self.data.sizes[p.site] * scale * scale)) : r;
    });
    var points = this.pins.map(function (pin) { return map.latLngToLayerPoint([pin.practice.y, pin.practice.x]); });
    var least = covered && fit < 1 ? 0 : 24 * factor;
    var moved = pushApart(points, radii, least);
    var leaders = [], open = this._open();
    this.dots.clearLayers();
    this.pins.forEach(function (pin, k) {
      pin.r = radii[k];
      pin.at = L.point(moved[k].x, moved[k].y);
      var true_ = L.latLng(pin.practice.y, pin.practice.x), shown = map.layerPointToLatLng(pin.at);
      pin.marker.setLatLng(shown);
      if (pin.at.distanceTo(points[k]) > pin.r + 4) {
        leaders.push([true_, shown]);
        self.dots.addLayer(L.circleMarker(true_, { radius: 2, color: INK, fillColor: INK, fillOpacity: 1, weight: 0, pane: "leaders", interactive: false }));
      }
      var chosen = state.practice === pin.i;
      pin.button.replaceChildren(symbol(chosen ? "selected" : pin.practice.moved ? "moved" : pin.practice.status, pin.r));
      var faded = open && pin.practice.network !== open && !chosen;
      pin.marker.getElement().classList.toggle("faded", !!faded);
      pin.marker.setZIndexOffset((chosen ? 5000 : faded ? -5000 : LEAST[pin.practice.status] ? 3000 : 0) - Math.round(20 * pin.r));
    });
    this._placeBadges(scale, leaders);
    this.leaders.setLatLngs(leaders);
    this._standPlaces();
    var place = {};
    this.pins.forEach(function (pin) { place[pin.i] = map.layerPointToLatLng(pin.at); });
    var joined = this.data.bridges.filter(function (b) { return place[b[0]] && place[b[1]]; })
      .map(function (b) { return [place[b[0]], place[b[1]]]; });
    this.bridgeBack.setLatLngs(joined);
    this.bridges.setLatLngs(joined);
    this.links.setLatLngs(!this.showLinks ? [] : this.data.links.filter(function (b) { return place[b[0]] && place[b[1]]; })
      .map(function (b) { return [place[b[0]], place[b[1]]]; }));
    var pair = this.pair && place[this.pair[0]] && place[this.pair[1]] ? [place[this.pair[0]], place[this.pair[1]]] : [];
    this.markBack.setLatLngs(pair);
    this.marked.setLatLngs(pair);
    this._names();
  };

  /** Mark the link of two practices, or none; bring it into view. */
  Chart.prototype.mark = function (pair) {
    this.pair = pair;
    this.place();
    var bounds = this.marked.getBounds();
    if (pair && bounds.isValid() && !this.map.getBounds().contains(bounds)) { this.map.fitBounds(this.bounds, { padding: [14, 14], animate: false }); }
  };

  /** Names of the areas around: moved a little, or left out, where they would lie on the map's own. */
  Chart.prototype._standPlaces = function () {
    var map = this.map, self = this, size = map.getSize(), edge = map.containerPointToLayerPoint([0, 0]);
    var shift = map.latLngToLayerPoint([0, 0]), scale = Math.pow(2, map.getZoom()), outline = [], taken = [];
    this.data.sides.forEach(function (side) {
      if (side[1] < 0) { side[2].forEach(function (line) { outline.push(line); }); }
    });
    this.order.forEach(function (id) {
      var b = map.latLngToLayerPoint(self.badges[id].marker.getLatLng());
      taken.push([b.x - 20, b.y - 16, b.x + 20, b.y + 16]);
    });
    this.pins.forEach(function (pin) { taken.push([pin.at.x - pin.r, pin.at.y - pin.r, pin.at.x + pin.r, pin.at.y + pin.r]); });
    this.places.forEach(function (area) {
      var own = map.latLngToLayerPoint(area.marker.getLatLng()), half = 3.3 * area.words.textContent.length + 6;
      var spot = [[0, 0], [0, -24], [0, 24], [-half, 0], [half, 0], [-half, -24], [-half, 24], [half, -24], [half, 24]].find(function (d) {
        var x = own.x + d[0], y = own.y + d[1], box = [x - half, y - 11, x + half, y + 11];
        if (box[0] < edge.x || box[1] < edge.y || box[2] > edge.x + size.x || box[3] > edge.y + size.y - 26) { return false; }
        return !taken.some(function (t) { return box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3]; }) && !crossed(outline, box, shift, scale);
      });
      area.words.style.visibility = spot ? "" : "hidden";
      area.words.style.margin = spot ? spot[1] + "px 0 0 " + spot[0] + "px" : "";
      if (spot) { taken.push([own.x + spot[0] - half, own.y + spot[1] - 11, own.x + spot[0] + half, own.y + spot[1] + 11]); }
      area.box = spot ? taken[taken.length - 1] : null;
    });
  };

  /** Whether lines of the map, in metres, run through a box in pixels. */
  function crossed(lines, box, shift, scale) {
    return lines.some(function (line) {
      for (var k = 1; k < line.length; k += 1) {
        var ax = shift.x + line[k - 1][1] * scale, ay = shift.y - line[k - 1][0] * scale;
        var bx = shift.x + line[k][1] * scale, by = shift.y - line[k][0] * scale;
        if (Math.max(ax, bx) < box[0] || Math.min(ax, bx) > box[2] || Math.max(ay, by) < box[1] || Math.min(ay, by) > box[3]) { continue; }
        var steps = Math.ceil(Math.hypot(bx - ax, by - ay) / 8) || 1;
        for (var i = 0; i <= steps; i += 1) {
          var x = ax + (bx - ax) * i / steps, y = ay + (by - ay) * i / steps;
          if (x > box[0] && x < box[2] && y > box[1] && y < box[3]) { return true; }
        }
      }
      return false;
    });
  }

  /** How much room a network has at this zoom: where there is little, numbers and lines are finer. */
  Chart.prototype._density = function (scale) {
    var each = this.data.area * scale * scale / Math.max(this.order.length, 1), classes = this.map.getContainer().classList;
    this.many = each < 8000;
    this.tight = each < 3200;
    classes.toggle("many", this.many);
    classes.toggle("tight", this.tight);
    this.inner.setStyle({ weight: this.tight ? 0.7 : 1.2 });
    this.casing.setStyle({ weight: this.tight ? 3.4 : this.many ? 4.6 : 5.5 });
    this.edge.setStyle({ weight: this.tight ? 1.5 : this.many ? 2 : 2.4 });
  };

  /** Pieces of every network that do not touch, as sets of sites, largest first. */
  Chart.prototype._parts = function () {
    var at = this.at, beside = this.data.sites.map(function () { return []; }), seen = {}, found = {}, data = this.data;
    data.sides.forEach(function (side) {
      if (side[1] >= 0 && at[side[0]] === at[side[1]]) { beside[side[0]].push(side[1]); beside[side[1]].push(side[0]); }
    });
    data.sites.forEach(function (start) {
      if (!at[start] || seen[start]) { return; }
      var piece = new Set([start]), waiting = [start], size = 0;
      seen[start] = true;
      while (waiting.length) {
        var site = waiting.pop();
        size += data.sizes[site];
        beside[site].forEach(function (s) { if (!seen[s]) { seen[s] = true; piece.add(s); waiting.push(s); } });
      }
      (found[at[start]] = found[at[start]] || []).push({ sites: piece, size: size });
    });
    Object.keys(found).forEach(function (id) { found[id].sort(function (a, b) { return b.size - a.size; }); });
    return found;
  };

  Chart.prototype._placeBadges = function (scale, leaders) {
    var map = this.map, self = this, at = this.at, taken = [];
    var edges = {}, many = this.many, tight = this.tight;
    this.data.sides.forEach(function (side) {
      var a = at[side[0]], b = side[1] < 0 ? "" : at[side[1]];
      if (a !== b) {
        [a, b].forEach(function (n) { if (n) { (edges[n] = edges[n] || []).push.apply(edges[n], side[2]); } });
      }
    });
    var parts = this._parts();
    this.extras.clearLayers();
    this.order.forEach(function (id) {
      var marker = self.badges[id].marker, pieces = parts[id] || [];
      marker.getElement().style.display = pieces.length ? "" : "none";
      pieces.forEach(function (piece, k) {
        if (k && piece.size * scale * scale < 400) { return; }
        if (k) { marker = self._extra(id); }
        stand(id, piece.sites, marker, k);
      });
    });

    function stand(id, sites, marker, k) {
      var high = tight ? 8 : many || k ? 11 : 14, letters = id.length - 1, chip = !k && self.actions.chip(id);
      var wide = (tight ? 6.5 + 3 * letters : many || k ? 11 + 3 * letters : 15 + 4 * letters) + (chip ? (many ? 6 : 9) : 0);
      var best = null, most = -Infinity, rank = 0;
      self.data.spots.forEach(function (spot) {
        if (!sites.has(spot[0])) { return; }
        var free = Math.min(60, toEdges(spot, edges[id] || []) * scale);
        if (free <= most && (rank === 2 || free < INSIDE)) { return; }
        var point = map.latLngToLayerPoint([spot[2], spot[1]]), clear = room(point, wide, high);
        /* Best clear of everything; where all is tight, half over a circle rather than far away. */
        var fit = free < INSIDE ? 0 : clear.all >= 0 ? 2 : tight && clear.numbers >= 0 && clear.all >= -OVER ? 1 : 0;
        free = Math.min(free, clear.all + wide);
        if (fit > rank || (fit === rank && free > most)) { most = free; best = point; rank = fit; }
      });
      var place = best;
      /* A further piece of a network has its colour and its edge: no line to a number for that. */
      if (!rank && k) { self.extras.removeLayer(marker); return; }
      if (!rank) {
        place = aside(best, wide, high) || best;
        if (place !== best) { leaders.push([map.layerPointToLatLng(best), map.layerPointToLatLng(place)]); }
      }
      taken.push({ x: place.x, y: place.y, wide: wide, high: high });
      marker.setLatLng(map.layerPointToLatLng(place));
    }
    /** Free space around a number that stands there: to other numbers, and to circles as well. */
    function room(point, wide, high) {
      var numbers = Infinity, all = Infinity;
      taken.forEach(function (other) {
        numbers = Math.min(numbers, Math.max(Math.abs(point.x - other.x) - wide - other.wide, Math.abs(point.y - other.y) - high - other.high));
      });
      self.pins.forEach(function (pin) {
        var x = Math.max(Math.abs(point.x - pin.at.x) - wide, 0), y = Math.max(Math.abs(point.y - pin.at.y) - high, 0);
        all = Math.min(all, Math.hypot(x, y) - pin.r);
      });
      return { numbers: numbers, all: Math.min(all, numbers) };
    }
    function aside(from, wide, high) {
      for (var far = 16; far <= 130; far += 6) {
        for (var k = 0; k < 32; k += 1) {
          var angle = k * Math.PI / 16, point = L.point(from.x + far * Math.cos(angle), from.y + far * Math.sin(angle));
          if (room(point, wide, high).all > 1) { return point; }
        }
      }
      return null;
    }
  };

  /** The number again, on a piece of the network that lies apart: seen, not focused. */
  Chart.prototype._extra = function (id) {
    var words = document.createElement("span");
    words.className = "again";
    words.setAttribute("aria-hidden", "true");
    words.textContent = id;
    var marker = L.marker([0, 0], { icon: L.divIcon({ className: "pin number-pin", html: words, iconSize: null }), interactive: false, keyboard: false, pane: "numbers" });
    return marker.addTo(this.extras);
  };

  function toEdges(spot, lines) {
    var least = Infinity, x = spot[1], y = spot[2];
    lines.forEach(function (line) {
      for (var k = 1; k < line.length; k += 1) {
        var ay = line[k - 1][0], ax = line[k - 1][1], dy = line[k][0] - ay, dx = line[k][1] - ax;
        var t = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
        t = Math.max(0, Math.min(1, t));
        least = Math.min(least, Math.hypot(x - ax - t * dx, y - ay - t * dy));
      }
    });
    return least;
  }

  /** Names of practices: of the open network, and of all when zoomed in far; dropped where none fits. */
  Chart.prototype._names = function () {
    var pane = this.map.getPane("names"), state = this.state, open = this._open(), self = this;
    pane.replaceChildren();
    var all = Math.pow(2, -this.map.getZoom()) < 4.6;
    var wanted = this.pins.filter(function (pin) {
      return state.practice === pin.i || all || (open && pin.practice.network === open && !self.narrow.matches);
    });
    wanted.sort(function (a, b) { return (b.i === state.practice) - (a.i === state.practice) || b.practice.people - a.practice.people; });
    var taken = this.pins.map(function (pin) { return { left: pin.at.x - pin.r, right: pin.at.x + pin.r, top: pin.at.y - pin.r, bottom: pin.at.y + pin.r }; });
    this.order.forEach(function (id) {
      var p = self.map.latLngToLayerPoint(self.badges[id].marker.getLatLng());
      taken.push({ left: p.x - 16, right: p.x + 16, top: p.y - 16, bottom: p.y + 16 });
    });
    var view = this.map.getPixelBounds(), origin = this.map.getPixelOrigin();
    var frame = { left: view.min.x - origin.x, right: view.max.x - origin.x, top: view.min.y - origin.y, bottom: view.max.y - origin.y };
    wanted.forEach(function (pin) {
      var tip = document.createElement("span");
      tip.className = "tip";
      tip.setAttribute("aria-hidden", "true");
      tip.textContent = pin.practice.name;
      pane.appendChild(tip);
      var w = tip.offsetWidth, h = tip.offsetHeight, gap = pin.r * (state.practice === pin.i ? 1.4 : 1) + 4;
      var spots = [[gap, -h / 2], [-gap - w, -h / 2], [-w / 2, -gap - h], [-w / 2, gap], [gap - 3, -gap - h + 6], [gap - 3, gap - 6], [-gap - w + 3, -gap - h + 6], [-gap - w + 3, gap - 6]];
      var found = spots.some(function (d) {
        var box = { left: pin.at.x + d[0], top: pin.at.y + d[1] };
        box.right = box.left + w;
        box.bottom = box.top + h;
        var free = box.left > frame.left && box.right < frame.right && box.top > frame.top && box.bottom < frame.bottom &&
          !taken.some(function (t) { return box.left < t.right && t.left < box.right && box.top < t.bottom && t.top < box.bottom; });
        if (free) { box.tip = true; taken.push(box); tip.style.left = box.left + "px"; tip.style.top = box.top + "px"; }
        return free;
      });
      if (!found) { tip.remove(); }
    });
    this.places.forEach(function (area) {
      var b = area.box;
      if (b && taken.some(function (t) { return b[0] < t.right && t.left < b[2] && b[1] < t.bottom && t.top < b[3] && t.tip; })) { area.words.style.visibility = "hidden"; }
    });
  };

  /** Marks of the practices that are chosen to be moved together. */
  Chart.prototype.choose = function () {
    var chosen = this.state.chosen, self = this;
    this.pins.forEach(function (pin) {
      pin.marker.getElement().classList.toggle("picked", chosen.has(pin.i));
      self._label(pin);
    });
  };

  /** Accessible names, again whenever something changes. */
  Chart.prototype._label = function (pin) {
    pin.button.setAttribute("aria-label", this.actions.practiceWords(pin.i).join(", ") + (this.state.chosen.has(pin.i) ? ", selected" : ""));
    var pressed = this.state.practice === pin.i;
    pin.button.setAttribute("aria-pressed", String(pressed));
  };

  Chart.prototype.labelBadges = function () {
    var self = this;
    this.order.forEach(function (id) {
      var badge = self.badges[id], words = self.actions.networkWords(id);
      badge.button.setAttribute("aria-label", id + ": " + words.join(", "));
      var kind = self.actions.chip(id), chip = badge.button.querySelector(".chip");
      if (chip) { chip.remove(); }
      if (kind) {
        chip = document.createElement("span");
        chip.className = kind === "W" ? "chip waiver" : "chip";
        chip.textContent = kind;
        badge.button.appendChild(chip);
      }
    });
  };

  Chart.prototype._hover = function () {
    var self = this;
    this.box = document.createElement("div");
    this.box.className = "hover";
    this.box.hidden = true;
    this.map.getContainer().parentNode.parentNode.appendChild(this.box);
    this.areas.on("mousemove", function (event) {
      var id = self.at[event.layer.feature.id];
      if (id) { self._show(self.actions.networkWords(id), event.containerPoint.x, event.containerPoint.y - 14); }
    });
    this.areas.on("mouseout", function () { self._hush(); });
    this.areas.on("click", function (event) {
      var id = self.at[event.layer.feature.id];
      if (id) { self.actions.network(id); }
    });
  };

  Chart.prototype._tell = function (button, words) {
    var frame = this.map.getContainer().getBoundingClientRect(), box = button.getBoundingClientRect();
    this._show(words, box.left + box.width / 2 - frame.left, box.top - frame.top - 4);
  };

  Chart.prototype._show = function (words, x, y) {
    var box = this.box, size = this.map.getSize();
    box.replaceChildren(document.createTextNode(words[0]));
    var more = document.createElement("small");
    more.textContent = words.slice(1).join(" \u00b7 ");
    box.appendChild(more);
    box.hidden = false;
    var w = box.offsetWidth, h = box.offsetHeight;
    box.style.left = Math.max(4, Math.min(size.x - w - 4, x - w / 2)) + "px";
    box.style.top = (y - h - 6 > 4 ? y - h - 6 : y + 34) + "px";
  };

  Chart.prototype._hush = function () { this.box.hidden = true; };

  /** Bring a network into view: its practices and areas, where they would be small. */
  Chart.prototype.show = function (network) {
    var data = this.data, at = this.at, bounds = L.latLngBounds([]);
    data.sides.forEach(function (side) {
      if (at[side[0]] === network || (side[1] >= 0 && at[side[1]] === network)) {
        side[2].forEach(function (line) { bounds.extend(line); });
      }
    });
    if (!bounds.isValid()) { return; }
    var scale = Math.pow(2, this.map.getZoom()), size = this.map.getSize();
    var wide = (bounds.getEast() - bounds.getWest()) * scale, high = (bounds.getNorth() - bounds.getSouth()) * scale;
    var small = Math.max(wide / size.x, high / size.y) < 0.3 || window.matchMedia("(max-width: 1080px)").matches;
    if (small) {
      this.map.fitBounds(bounds, { padding: [60, 60], animate: false, maxZoom: 0 });
    } else if (!this.map.getBounds().contains(bounds)) {
      this.map.fitBounds(this.away ? bounds : this.bounds, { padding: [14, 14], animate: false });
    }
  };

  return { Chart: Chart, pushApart: pushApart, symbol: symbol };
})();
