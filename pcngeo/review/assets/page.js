/* The page: finding, opening, sorting; the left column shows one thing at a time. */
"use strict";
pcngeo.start = function (map, areas) {
  var data = JSON.parse(document.getElementById("page-data").textContent);
  var rules = pcngeo.rules, number = rules.number, work = document.getElementById("work");
  var card = document.getElementById("card"), found = document.getElementById("found");
  var find = document.getElementById("find"), said = document.getElementById("said");
  var code = Object.create(null), neighbours = data.practices.map(function () { return []; }), back = null;
  data.neighbours = data.judged ? neighbours : null;
  data.off.forEach(function (i) { data.practices[i].off = true; });
  data.practices.forEach(function (p, i) { code[p.code] = i; });
  data.links.forEach(function (link) { neighbours[link[0]].push(link[1]); neighbours[link[1]].push(link[0]); });
  function choose(k) {
    var option = data.options[k];
    data.current = k;
    data.networks = option.networks;
    data.colours = {};
    option.networks.forEach(function (n) { data.colours[n.id] = n.colour; });
    data.practices.forEach(function (p, i) { Object.assign(p, option.practices[i]); });
  }
  choose(0);

  // ---- words ---------------------------------------------------------------------------------
  function assignment() { return data.practices.map(function (p) { return p.network; }); }
  function members(id) { return rules.groups(assignment())[id] || []; }
  function judge(id) { return rules.judge(id, assignment(), data); }
  function flagsOf(id) { return judge(id).flags; }
  /** The mark beside a network's number; a waiver that is granted answers its flag. */
  function chipOf(id) {
    var own = judge(id);
    if (waivers(id).some(function (waiver) { return waiver.granted; })) { return "W"; }
    return rules.mark(own.people, own.flags, data.window);
  }
  function networkWords(id) {
    var own = judge(id);
    return ["Network " + id, persons(own.people) + " registered", plural(own.members.length, "practice"), own.flags.words.join(", ") || "in range"];
  }
  /** Waivers of a network: each is named by one of its practices. */
  function waivers(id) { return data.waivers.filter(function (w) { return assignment()[w.practice] === id; }); }
  /** Distances of a network; where hubs come from a table of travel, the plan's own hub while nobody moved. */
  function costOf(id, own) {
    var plan = data.networks.find(function (n) { return n.id === id; }), before = data.options[data.current].practices;
    var same = plan && plan.hub >= 0 && before.every(function (p, i) { return (p.network === id) === (own.indexOf(i) >= 0); });
    var found = rules.cost(own, data, !data.straight && same ? plan.hub : undefined);
    // Only the plan's own hub comes from a table of travel: the script does not have the table.
    found.by = data.straight || same || found.hub < 0 ? "" : ", by straight line";
    return found;
  }
  function practiceWords(i) {
    var p = data.practices[i];
    var where = p.network ? "Network " + p.network : p.offered ? p.words + ", Network " + p.offered : p.words;
    return [p.name, persons(p.people) + " registered", where].concat(p.network && p.status !== "member" ? [p.words] : []);
  }
  var plural = rules.plural, persons = rules.persons;
  function distance(metres) {
    if (metres < 5) { return "at the same place"; }
    return metres < 995 ? Math.round(metres / 10) * 10 + " m away" : (metres < 9950 ? (metres / 1000).toFixed(1) : Math.round(metres / 1000)) + " km away";
  }
  function between(a, b) { return Math.hypot(a.x - b.x, a.y - b.y); }

  // ---- small builders: text only, never markup ------------------------------------------------
  function make(tag, options, children) {
    var element = document.createElement(tag);
    Object.keys(options || {}).forEach(function (key) {
      if (key === "text") { element.textContent = options.text; }
      else if (key === "click") { element.addEventListener("click", options.click); }
      else { element.setAttribute(key, options[key]); }
    });
    (children || []).forEach(function (child) { element.append(child); });
    return element;
  }
  function badge(id) { return make("span", { class: "badge fill-" + data.colours[id], text: id }); }
  function flag(level) {
    if (level === "breaks") { return make("span", { class: "flag breaks", text: "Breaks a rule" }); }
    if (level === "agree") { return make("span", { class: "flag agree", text: "Needs agreement" }); }
    return make("strong", { text: "Within the rules." });
  }
  function facts(pairs) {
    var list = make("dl");
    pairs.forEach(function (pair) { if (pair[1]) { list.append(make("dt", { text: pair[0] }), make("dd", {}, [pair[1]])); } });
    return list;
  }
  function link(i) { return make("button", { type: "button", click: function () { openPractice(i); } }, [
    make("i", { text: data.practices[i].letter }), make("b", {}, [make("bdi", { text: data.practices[i].name })]),
    make("span", { class: "number", text: number(data.practices[i].people) })]); }

  // ---- cards -----------------------------------------------------------------------------------
  function show(title, parts, quiet) {
    if (card.hidden) { back = document.activeElement; }
    var heading = make("h2", { id: "card-title", tabindex: "-1" }, title);
    card.replaceChildren(make("button", { type: "button", class: "back", text: "\u2190 All networks", click: close }), heading);
    parts.forEach(function (part) { if (part) { card.append(part); } });
    card.hidden = false;
    work.classList.add("has-card");
    map.invalidateSize({ animate: false });
    if (!quiet) {
      heading.focus({ preventScroll: true });
      work.scrollIntoView({ block: "start" });
      // Where a window is low (400 % zoom) the map and the name do not fit together: the name counts.
      if (heading.getBoundingClientRect().bottom > window.innerHeight) { heading.scrollIntoView({ block: "center" }); }
    }
    mark();
  }
  function close() {
    if (card.hidden) { return; }
    card.hidden = true;
    work.classList.remove("has-card");
    chart.state.network = null;
    chart.state.practice = null;
    map.invalidateSize({ animate: false });
    chart.draw();
    mark();
    if (back && document.contains(back)) { back.focus(); }
    back = null;
  }
  function mark() {
    var state = chart.state, open = state.network || (state.practice === null ? "" : assignment()[state.practice]);
    document.querySelectorAll("tr[data-network]").forEach(function (row) { row.classList.toggle("chosen", row.dataset.network === open); });
    document.querySelectorAll("tr[data-practice]").forEach(function (row) { row.classList.toggle("chosen", code[row.dataset.practice] === state.practice); });
  }
  function openNetwork(id, quiet) {
    if (!data.networks.some(function (n) { return n.id === id; })) { return; }
    chart.state.network = id;
    chart.state.practice = null;
    var own = members(id).slice().sort(function (a, b) { return data.practices[b].people - data.practices[a].people; });
    var words = networkWords(id), cost = costOf(id, own), flags = flagsOf(id), shared = sharedWords(id);
    var list = make("ul", { class: "plain members" });
    var trying = trial && trial.active();
    own.forEach(function (i) {
      var tick = trying && make("input", { type: "checkbox", "aria-label": "Select " + data.practices[i].name });
      if (tick) {
        tick.checked = trial.selection.chosen.has(i);
        tick.addEventListener("change", function () { trial.selection.set([i], tick.checked); });
      }
      list.append(make("li", {}, tick ? [tick, link(i)] : [link(i)]));
    });
    var offered = data.practices.filter(function (p) { return !p.network && p.offered === id; });
    show([badge(id), "Network " + id], [
      make("p", {}, [make("strong", { text: words[1] }), ", " + words[2] + ". "].concat(
        flags.level ? [flag(flags.level), " " + capital(words[3]) + "."] : [trial && trial.active() ? "In range." : capital(data.networks.find(function (n) { return n.id === id; }).size) + "."])),
    ].concat(waivers(id).map(function (waiver) { return make("p", { text: waiver.words }); }), shared, [
      own.length > 1 && facts([
        ["Today\u2019s name", data.networks.find(function (n) { return n.id === id; }).name],
        ["Around", cost.hub < 0 ? "" : data.practices[cost.hub].name + cost.by],
        ["Average distance", distance(cost.cost / Math.max(rules.people(own, data), 1)).replace(" away", "") + " to that practice, for each person registered"]]),
      make("h3", { text: "Practices" }), list,
      !trying && make("p", {}, [make("button", { type: "button", class: "link", text: "Move several of these practices", click: function () { trial.begin(); openNetwork(id); } })]),
      make("p", {}, [make("button", { type: "button", class: "link", text: "Its practices in the table", click: function () { filter.network(id); } }), " ",
        make("button", { type: "button", class: "link", text: "Its figures", click: function () { filter.figures(id); } })]),
      make("p", {}, [make("button", { type: "button", class: "link", text: "Comment on Network " + id, click: function () { trial.comment("network " + id); } })]),
      offered.length && make("p", { class: "muted", text: "Suggested, not agreed: " + offered.map(function (p) { return p.name + " (" + number(p.people) + ")"; }).join(", ") + "." })]), quiet);
    chart.draw();
    if (!quiet) {
      chart.show(id);
      say(words.join(", "));
    }
  }
  function openPractice(i, quiet) {
    var p = data.practices[i], id = assignment()[i];
    chart.state.practice = i;
    chart.state.network = null;
    var status = [p.words];
    show([make("bdi", { text: p.name })], [
      facts([["Network", id ? make("span", {}, [badge(id), " ", make("button", { type: "button", class: "link", text: "Network " + id + " and its practices", click: function () { openNetwork(id); } })]) : p.offered ? "none; Network " + p.offered + " is suggested" : "none"],
        ["People", number(p.people) + " registered"], ["Status", status[0]], ["Practice code", p.code], ["Postcode", p.postcode], ["Today", p.today]].concat(layers.facts(i)))]
      .concat(why(i, id), elsewhere(i, id), [make("p", {}, [make("button", { type: "button", class: "link", text: "See it in the table", click: function () { filter.practice(i); } })])], neighbours[i].length ? [make("p", {}, [make("button", { type: "button", class: "link", text: "Who it is next to: " + plural(neighbours[i].length, "practice"), click: function () { links.show(i); } })])] : []), quiet);
    chart.draw();
    if (quiet) { return; }
    if (id) { chart.show(id); }
    say(practiceWords(i).join(", "));
  }
  function why(i, id) {
    var p = data.practices[i], parts = [make("h3", { text: p.moved ? "In the trial" : "Why" })];
    if (!id || p.off || !data.judged) {
      var told = p.off && p.moved ? [] : [p.reason || "No reason is recorded."];
      return parts.concat(told.concat(p.off && !p.fixed ? [OFFERED] : []).map(function (words) { return make("p", { text: words }); }));
    }
    var own = members(id).filter(function (j) { return j !== i; });
    var beside = neighbours[i].filter(function (j) { return assignment()[j] === id; });
    if (own.length) {
      var nearest = own.reduce(function (a, b) { return between(p, data.practices[b]) < between(p, data.practices[a]) ? b : a; });
      parts.push(make("p", { text: "It is next to " + rules.ofTheOthers(beside.length, own.length) + " in the network. The nearest is " + data.practices[nearest].name + ", " + distance(between(p, data.practices[nearest])) + "." }));
      var without = assignment();
      without[i] = "";
      var left = rules.size(id, without, data), apart = rules.parts(own, data), before = rules.parts(own.concat([i]), data);
      if (left < data.window.min) { parts.push(make("p", { text: "Network " + id + " needs it: without its " + persons(p.people) + " the network would have " + number(left) + ", under " + number(data.window.min) + "." })); }
      if (apart > 1 && before === 1) { parts.push(make("p", { text: "It holds Network " + id + " together: without it the network would be in " + apart + " parts." })); }
    } else { parts.push(make("p", { text: p.reason })); }
    var others = Array.from(new Set(neighbours[i].map(function (j) { return assignment()[j]; }))).filter(function (n) { return n && n !== id; });
    others.sort(function (a, b) { return chart.order.indexOf(a) - chart.order.indexOf(b); });
    parts.push(make("h3", { text: "If it moved" }));
    if (!others.length) { return parts.concat([make("p", { text: "It touches no other network." })]); }
    var total = data.practices.reduce(function (sum, q) { return sum + (q.network ? q.people : 0); }, 0);
    var list = make("ul", { class: "plain moves" });
    others.forEach(function (to) {
      var move = rules.move([i], to, assignment(), data);
      var metres = Math.round(move.change / Math.max(total, 1)), far = metres ? number(Math.abs(metres)) + " m " + (metres > 0 ? "longer" : "shorter") : "unchanged";
      list.append(make("li", {}, [badge(to), make("div", {}, [make("p", {}, [flag(move.level), " " + sidesWords(move) + (data.straight ? " Average distance " + far + "." : "")]),
        make("button", { type: "button", text: "Try it in Network " + to, click: function () { trial.move([i], to); } })])]));
    });
    return parts.concat([list]);
  }
  var OFFERED = "It is not on the graph that contiguity is judged on. It can be offered to a network; its people count there once the commissioner and the LMC agree.";
  /** What a move would make of the networks that it touches, and which wishes it would break. */
  function sidesWords(move) {
    var kept = rules.broken(assignment(), data), lost = move.broken.filter(function (wish) { return kept.indexOf(wish) < 0; });
    return move.sides.map(function (side) {
      var words = side.flags.words.concat(side.beyond);
      return "Network " + side.network + " would have " + number(side.people) + (words.length ? " (" + words.join(", ") + ")" : "");
    }).join("; ") + "." + lost.map(function (wish) { return " Not kept: " + wish.words + "."; }).join("");
  }
  /** Practices that count in two networks, one of them this one (R20). */
  function sharedWords(id) {
    return rules.shares(assignment(), data).filter(function (share) { return share.from === id || share.to === id; }).map(function (share) {
      return make("p", { text: capital(persons(share.people)) + " of " + data.practices[share.i].name + (share.people === 1 ? " is" : " are") + " counted in Network " + share.to + ", by agreement." });
    });
  }
  /** Any network by name: for lists without a network, and for readers who know better. */
  function elsewhere(i, id) {
    var p = data.practices[i], pick = make("select", { id: "move-to" }), comment = make("p", {}, [make("button", { type: "button", class: "link", text: "Comment on this practice", click: function () { trial.comment("practice " + p.code); } })]);
    if (p.fixed) { return [make("p", { class: "muted", text: "It is left out by the planner\u2019s decision, so it cannot be tried in a network. A comment can ask for it." }), comment]; }
    var here = p.off ? id || p.offered : id;
    data.networks.forEach(function (n) { if (n.id !== here) { pick.append(make("option", { value: n.id, text: "Network " + n.id })); } });
    if (id) { pick.append(make("option", { value: "", text: "no network" })); }
    if (p.offered && !p.off) { pick.value = p.offered; }
    if (!pick.options.length) { return [comment]; }
    return [make("p", { class: "elsewhere" }, [make("label", { for: "move-to", text: p.off ? "Offer it to" : "Try it in" }), pick,
      make("button", { type: "button", text: p.off ? "Offer it there" : "Move it there", click: function () { trial.move([i], pick.value); } })]), comment];
  }
  function capital(words) { return words.charAt(0).toUpperCase() + words.slice(1); }
  function say(words) { said.textContent = words; }

  // ---- find ------------------------------------------------------------------------------------
  /** As people type: without accents and apostrophes; a hyphen is a space, and "&" is "and". */
  function plain(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f'\u2018\u2019`.]/g, "")
      .replace(/&/g, " and ").replace(/[-\u2010-\u2014,/()]/g, " ").replace(/\s+/g, " ");
  }
  var index = data.practices.map(function (p) {
    return { text: plain(p.name + " " + p.published), code: plain(p.code), postcode: plain(p.postcode).replace(/\s/g, ""), spaced: plain(p.postcode) };
  });
  var hits = [], active = -1, all = 0;
  function search() {
    var query = plain(find.value).trim(), tight = query.replace(/\s/g, "");
    hits = [];
    if (query) {
      index.forEach(function (entry, i) {
        var words = query.split(/\s+/);
        var score = entry.code === tight ? 0 : entry.postcode === tight ? 1 : entry.text.indexOf(query) === 0 ? 2 : entry.text.indexOf(query) > 0 ? 3
          : words.every(function (w) { return entry.text.indexOf(w) >= 0; }) ? 4 : entry.code.indexOf(tight) === 0 ? 5 : query !== tight && entry.spaced.indexOf(query) === 0 ? 5.5 : tight.length > 1 && entry.postcode.indexOf(tight) === 0 ? 6 : -1;
        if (score >= 0) { hits.push({ i: i, score: score }); }
      });
      hits.sort(function (a, b) { return a.score - b.score || a.i - b.i; });
    }
    all = hits.length;
    hits = hits.slice(0, 8);
    active = hits.length ? 0 : -1;
    list();
    var none = document.getElementById("none-found");
    var asked = find.value.trim();
    none.hidden = !query || all > 0;
    none.textContent = none.hidden ? "" : "No practice matches \u201c" + (asked.length > 60 ? asked.slice(0, 60) + "\u2026" : asked) + "\u201d. Try the postcode or the practice code.";
    say(none.hidden ? (query ? plural(all, "result") + (all > hits.length ? ", the first " + hits.length + " are listed" : "") : "") : none.textContent);
  }
  function list() {
    found.replaceChildren.apply(found, hits.map(function (hit, k) {
      var p = data.practices[hit.i];
      return make("li", { role: "option", id: "hit-" + k, "aria-selected": String(k === active), click: function () { take(k); } },
        [p.network ? badge(p.network) : make("span", { class: "muted", text: "none" }), make("bdi", { text: p.name }), make("small", { text: p.code + (p.postcode ? ", " + p.postcode : "") })]);
    }));
    if (all > hits.length && hits.length) {
      found.append(make("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "more", text: number(all - hits.length) + " more: write more of the name, or use the table of all practices." }));
    }
    found.hidden = !hits.length;
    find.setAttribute("aria-expanded", String(hits.length > 0));
    if (active >= 0) { find.setAttribute("aria-activedescendant", "hit-" + active); } else { find.removeAttribute("aria-activedescendant"); }
  }
  function take(k) {
    var hit = hits[k];
    if (!hit) { return; }
    hits = [];
    find.value = "";
    list();
    openPractice(hit.i);
  }
  find.addEventListener("input", search);
  find.addEventListener("keydown", function (event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (hits.length) { active = (active + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length; list(); }
      event.preventDefault();
    } else if (event.key === "Enter") { event.preventDefault(); take(active); }
    else if (event.key === "Escape" && hits.length) { event.stopPropagation(); hits = []; list(); }
  });
  find.addEventListener("blur", function () {
    // A click on a hit comes after the blur; whoever has come back meanwhile keeps the hits.
    setTimeout(function () { if (document.activeElement !== find) { hits = []; list(); } }, 200);
  });

  // ---- tables ----------------------------------------------------------------------------------
  document.addEventListener("click", function (event) {
    var target = event.target.closest("a[data-practice], a[data-network]");
    if (!target) { return; }
    event.preventDefault();
    back = target;
    if (target.dataset.practice) { openPractice(code[target.dataset.practice]); } else { openNetwork(target.dataset.network); }
  });

  // ---- other plans -----------------------------------------------------------------------------
  function showOption(k) {
    if (trial) { trial.pause(); }
    close();
    choose(k);
    document.querySelectorAll("[data-option]").forEach(function (part) { part.hidden = +part.dataset.option !== k; });
    document.querySelector("input[name='option'][value='" + k + "']").checked = true;
    chart.rebuild();
    links.refresh();
    filter.refresh();
    mark();
    // While the page begins, a trial that was kept shows its plan and brings itself back.
    if (trial) {
      trial.subjects();
      trial.resume();
    }
    var shown = document.querySelector(".summary [data-option='" + k + "']");
    say(data.options[k].name + ". " + shown.textContent.trim() + (trial && trial.active() ? " Your trial of it is open again." : ""));
  }
  document.querySelectorAll("input[name='option']").forEach(function (input) {
    input.addEventListener("change", function () { showOption(+input.value); });
  });
  function sideBySide() {
    var picks = Array.from(document.querySelectorAll("select[data-side]"), function (select) { return +select.value; });
    if (picks.length < 2) { return; }
    var here = data.options[picks[0]].practices, there = data.options[picks[1]].practices, differs = new Set();
    var moved = data.practices.map(function (p, i) { return i; }).filter(function (i) { return here[i].network !== there[i].network; });
    moved.forEach(function (i) { if (data.practices[i].site >= 0) { differs.add(data.practices[i].site); } });
    picks.forEach(function (k, side) {
      var shown = document.querySelector(".picture[data-option='" + k + "'] svg"), picture = shown.cloneNode(true);
      var areas = shown.querySelectorAll("[data-site]");
      picture.querySelectorAll("[data-site]").forEach(function (area, i) { if (areas[i].kept) { area.setAttribute("fill", areas[i].kept); } });
      picture.querySelectorAll("[data-site]").forEach(function (area) {
        if (!differs.has(+area.dataset.site)) { area.setAttribute("opacity", "0.3"); }
      });
      document.querySelector("[data-frame='" + side + "']").replaceChildren(picture);
    });
    document.getElementById("faded").textContent = picks[0] === picks[1] ? "Choose two different plans."
      : moved.length ? plural(moved.length, "practice") + " of " + number(data.practices.length) + " (" + persons(rules.people(moved, data)) + ") " + (moved.length === 1 ? "differs" : "differ") +
        " between " + data.options[picks[0]].name + " and " + data.options[picks[1]].name + ". Areas of practices that are in the same network on both maps are faded." : "No practice differs between these two plans.";
  }
  document.querySelectorAll("select[data-side]").forEach(function (select) { select.addEventListener("change", sideBySide); });
  // The two maps lie far below: whoever opens the page does not wait for them.
  (window.requestIdleCallback || setTimeout)(sideBySide);

  // ---- the rest --------------------------------------------------------------------------------
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && !card.hidden) { event.preventDefault(); close(); }
  });
  document.getElementById("show-links").addEventListener("change", function (event) {
    chart.showLinks = event.target.checked;
    chart.place();
    say(event.target.checked ? "The map shows who is next to whom." : "Links hidden.");
  });
  var before = document.getElementById("show-today");
  if (before) {
    before.addEventListener("change", function () {
      chart.overlay(before.checked ? data.options[+before.value] : null);
      say(before.checked ? "The map shows the edges of today\u2019s networks." : "Edges of today\u2019s networks hidden.");
    });
  }
  var layers = pcngeo.layers({ data: data, map: map, make: make, say: say, chart: function () { return chart; } });
  var links = pcngeo.links({ data: data, make: make, say: say, plain: plain, get chart() { return chart; } });
  var filter = pcngeo.filter({ data: data, make: make, say: say, plain: plain, code: code });
  pcngeo.where({ data: data, make: make });
  document.getElementById("print").addEventListener("click", function () { window.print(); });
  var whole = document.getElementById("whole"), chart, trial;
  function header() { document.documentElement.style.setProperty("--header", document.querySelector(".top").offsetHeight + "px"); }
  window.addEventListener("resize", header);
  header();
  map.invalidateSize({ animate: false });
  whole.addEventListener("click", function () { chart.fit(); chart.place(); });
  chart = new pcngeo.chart.Chart(map, areas, data, {
    practice: openPractice, network: openNetwork, practiceWords: practiceWords, networkWords: function (id) { return chart ? networkWords(id) : ["Network " + id]; },
    chip: function (id) { return chart ? chipOf(id) : ""; },
    away: function (away) { whole.hidden = !away; },
    choose: function (i) { if (!trial) { return; } if (!trial.active()) { trial.begin(); } trial.selection.set([i]); },
    key: function (i, id) { if (!trial || !trial.active() || !data.colours.hasOwnProperty(id)) { return false; } trial.move([i], id); return true; }
  });
  chart.labelBadges();
  trial = pcngeo.trial({ chip: chipOf, data: data, chart: chart, code: code, make: make, say: say, flag: flag, flags: flagsOf, judge: judge, cost: costOf, sides: sidesWords, networkWords: networkWords,
    showOption: showOption, again: function () {
      links.refresh();
      filter.refresh();
      if (card.hidden) { return; }
      var state = chart.state, focused = card.contains(document.activeElement);
      if (state.practice !== null) { openPractice(state.practice, !focused); } else if (state.network) { openNetwork(state.network, !focused); }
    } });
  pcngeo.scripts = document.scripts.length;
  pcngeo.view = { chart: chart, trial: trial, neighbours: neighbours, show: showOption, openPractice: openPractice, openNetwork: openNetwork, close: close, data: data };
};
