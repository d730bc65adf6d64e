/* Trying a change: the reader's own copy of the plan, with undo, comments and a file to send. */
"use strict";
pcngeo.trial = function (page) {
  var data = page.data, make = page.make, number = pcngeo.rules.number, rules = pcngeo.rules;
  var bar = document.getElementById("trial"), work = document.getElementById("work"), again = document.getElementById("again");
  var show = pcngeo.tables(page), selection = pcngeo.select(Object.assign({ refresh: refresh, begin: begin, move: move, focus: focusBar }, page));
  var done = [], undone = [], comments = [], base = null, wish = [], shelf = "pcngeo-review-" + data.digest;
  var elsewhere = nowhere(), aside = [], opened = "", left = null;

  // ---- moves -----------------------------------------------------------------------------------
  /** Practices that are elsewhere than in the plan that was shown: net changes, not steps. */
  function changes() {
    if (!base) { return []; }
    return data.practices.map(function (p, i) { return { i: i, from: base[i], to: wish[i] }; })
      .filter(function (c) { return c.from !== c.to; });
  }
  /** Put a practice where it is wished; one that is not on the graph is offered, as `review apply` does. */
  function set(i, to) {
    var p = data.practices[i], plan = data.options[data.current].practices[i], beside = plan.status === "covered" || plan.status === "special";
    wish[i] = to;
    p.moved = to !== base[i];
    p.network = p.moved ? rules.counts(i, to, data) : plan.network;
    p.offered = p.moved ? (p.off ? to : "") : plan.offered;
    p.status = !p.moved || beside ? plan.status : p.network ? "member" : p.offered ? "proposed" : "orphan";
    p.words = !p.moved ? plan.words : p.network ? "Moved by you" : p.offered ? "Offered by you" : "Taken out by you";
  }
  function begin() {
    if (base) { return; }
    again.hidden = true;
    base = data.practices.map(function (p) { return p.network; });
    wish = base.slice();
  }
  function focusBar() { bar.querySelector("h2").focus(); }
  function move(list, to) {
    var fresh = !base;
    begin();
    var step = list.filter(function (i) { return !data.practices[i].fixed && wish[i] !== to && !(to && data.practices[i].offered === to && data.practices[i].off); })
      .map(function (i) { return { i: i, from: wish[i], to: to }; });
    if (!step.length) { page.say("Nothing changes: " + (to ? "already in or offered to Network " + to : "already in no network") + "."); if (fresh) { base = null; } return; }
    step.forEach(function (s) { set(s.i, to); });
    done.push(step);
    undone = [];
    refresh();
    var touched = Array.from(new Set(step.map(function (s) { return s.from; }).concat([to]))).filter(Boolean);
    page.say([[false, " moved to "], [true, " offered to "]].map(function (kind) {
      var own = step.filter(function (s) { return (!!to && !!data.practices[s.i].off) === kind[0]; });
      return own.length ? (own.length === 1 ? data.practices[own[0].i].name : own.length + " practices") + kind[1] + named(to) + ". " : "";
    }).join("") + touched.map(sentence).join(" "));
  }
  function sentence(id) {
    var own = page.judge(id);
    return "Network " + id + ": " + number(own.people) + ", " + (own.flags.words.join(", ") || "in range") + ".";
  }
  function named(id) { return id ? "Network " + id : "no network"; }
  function undo() {
    var step = done.pop();
    if (!step) { return; }
    step.forEach(function (s) { set(s.i, s.from); });
    undone.push(step);
    refresh();
    page.say("Undone.");
  }
  function redo() {
    var step = undone.pop();
    if (!step) { return; }
    step.forEach(function (s) { set(s.i, s.to); });
    done.push(step);
    refresh();
    page.say("Done again.");
  }
  function drop() {
    if (base) { base.forEach(function (network, i) { set(i, network); }); }
    done = [];
    undone = [];
    base = null;
    selection.chosen.clear();
    page.chart.choose();
    refresh();
  }
  function leave() {
    var own = here();
    left = own && { own: own, option: data.current };
    drop();
    again.hidden = !left;
    page.say("Your trial is discarded. The map shows the plan again." + (own ? " It can be brought back." : ""));
  }

  /** What was left by mistake is brought back, until another trial begins. */
  again.addEventListener("click", function () {
    if (left.option !== data.current) { page.showOption(left.option); }
    if (!base) { play(left.own); }
    focusBar();
    page.say("Your trial is back.");
  });

  // ---- a trial for each plan: looking at another plan loses nothing -------------------------------
  function nowhere() { return data.options.map(function () { return null; }); }
  function here() { return base && done.length + undone.length ? { done: done, undone: undone } : null; }
  /** Put the trial of the plan that is shown aside, steps and all, before another plan is shown. */
  function pause() {
    elsewhere[data.current] = here();
    if (base) { drop(); }
  }
  function resume() {
    var own = elsewhere[data.current];
    elsewhere[data.current] = null;
    if (own) { play(own); } else { others(); keep(); }
  }
  function play(own) {
    begin();
    own.done.forEach(function (step) { step.forEach(function (s) { set(s.i, s.to); }); });
    done = own.done;
    undone = own.undone;
    refresh();
  }
  /** Whether the steps kept in the browser can be taken, forward and back, in plan k of this page. */
  function fits(own, k) {
    if (!own || !Array.isArray(own.done) || !Array.isArray(own.undone) || !data.options[k]) { return false; }
    var at = data.options[k].practices.map(function (p) { return p.network; });
    var known = new Set(data.options[k].networks.map(function (n) { return n.id; }).concat([""]));
    return own.done.concat(own.undone.slice().reverse()).every(function (step) {
      return Array.isArray(step) && step.length && step.every(function (s) {
        var good = !!s && at[s.i] !== undefined && !data.practices[s.i].fixed && at[s.i] === s.from && known.has(s.to);
        if (good) { at[s.i] = s.to; }
        return good;
      });
    });
  }
  function others() {
    var kept = data.options.map(function (o, k) { return k; }).filter(function (k) { return elsewhere[k]; });
    document.querySelectorAll(".kept-trials").forEach(function (line) {
      line.hidden = !kept.length;
      line.replaceChildren.apply(line, kept.map(function (k) {
        return make("span", {}, ["Your trial of " + data.options[k].name + " is kept, and goes into the file that you save. ",
          make("button", { type: "button", class: "link", text: "Go back to " + data.options[k].name, click: function () { page.showOption(k); focusBar(); } }), " "]);
      }));
    });
  }

  // ---- what is shown ----------------------------------------------------------------------------
  function refresh() {
    var list = changes(), flagged = [], now = data.practices.map(function (p) { return p.network; });
    bar.hidden = !base;
    work.classList.toggle("in-trial", !!base);
    document.body.classList.toggle("trying", !!base);
    page.chart.labelBadges();
    page.chart.draw();
    table();
    show(base);
    page.again();
    if (base) {
      data.networks.forEach(function (n) {
        var own = page.judge(n.id), f = own.flags, beyond = rules.beyond(n.id, now, data);
        if (f.level || beyond.length) { flagged.push(make("p", {}, [page.flag(beyond.length ? "breaks" : f.level), " Network " + n.id + ": " + f.words.concat(beyond).join(", ") + "."])); }
      });
      rules.broken(now, data).forEach(function (wish) {
        flagged.push(make("p", {}, [make("span", { class: "flag breaks", text: "Not as decided" }), " " + wish.words + "."]));
      });
      bar.replaceChildren(
        make("h2", { tabindex: "-1", text: "Trying a change" }),
        make("p", { text: "This is your own copy. Nothing is sent, and the proposal stays as it is." }),
        list.length ? make("ol", list.length > 6 ? { class: "long", tabindex: "0", "aria-label": list.length + " moves" } : {}, list.map(function (c) {
          var p = data.practices[c.i];
          return make("li", {}, [make("b", { text: p.name }), " (" + number(p.people) + ") " + (p.off && c.to ? "offered to " + named(c.to) + ", not counted until it is agreed" : "from " + named(c.from) + " to " + named(c.to))]);
        })) : make("p", { class: "muted", text: "Nothing is moved yet. Find a practice, or press one on the map, and choose a network for it." }),
        make("div", {}, flagged.concat(data.unjudged.map(function (words) { return make("p", { class: "muted told", text: words }); }))),
        selection.panel(),
        make("p", { class: "muted" }, ["The tables further down, and the map on paper, show your trial too. ",
          make("button", { type: "button", class: "link", text: "To send it: comment, and save it as a file", click: function () { document.getElementById("comments-title").scrollIntoView(); document.getElementById("save").focus(); } })]),
        make("div", { class: "buttons" }, [
          button("Undo", undo, !done.length), button("Redo", redo, !undone.length), button("Leave and discard", leave, false)]));
    }
    others();
    keep();
  }
  function button(words, press, off) {
    var made = make("button", { type: "button", text: words, click: function () {
      press();
      var same = Array.from(bar.querySelectorAll("button")).find(function (b) { return b.textContent === words && !b.disabled; });
      if (base) { (same || bar.querySelector("h2")).focus(); } else { document.getElementById("try").focus(); }
    } });
    made.disabled = off;
    return made;
  }
  /** The rows of the networks table follow the trial; a purple mark shows the size before. */
  function table() {
    document.querySelectorAll(".sizes [data-network]").forEach(function (row) {
      if (row.tagName !== "TR" || +row.closest("[data-option]").dataset.option !== data.current) { return; }
      var id = row.dataset.network, judged = page.judge(id), own = judged.members, people = judged.people, f = judged.flags;
      var before = base ? rules.size(id, base, data) : people;
      if (!row.kept) { row.kept = { words: Array.from(row.cells[3].childNodes), what: row.querySelector(".what").textContent, bar: row.querySelector(".bar svg").innerHTML }; }
      row.querySelector(".what").textContent = base ? rules.plural(own.length, "practice") : row.kept.what;
      row.querySelector(".number").textContent = number(people);
      var svg = row.querySelector(".bar svg");
      if (!base || people === before) { svg.innerHTML = row.kept.bar; } else { draw(svg, people, before); }
      if (!base) { row.cells[3].replaceChildren.apply(row.cells[3], row.kept.words); }
      else { row.cells[3].replaceChildren(f.level ? make("span", { class: "flag " + f.level, text: short(f, own.length) }) : range(people)); }
    });
    document.querySelectorAll(".total").forEach(function (line) {
      if (+line.closest("[data-option]").dataset.option !== data.current) { return; }
      if (!line.kept) { line.kept = Array.from(line.childNodes); }
      if (!base) { line.replaceChildren.apply(line, line.kept); return; }
      var all = data.practices.reduce(function (sum, p) { return sum + p.people; }, 0);
      var placed = data.practices.reduce(function (sum, p) { return sum + (p.network ? p.people : 0); }, 0);
      line.replaceChildren(number(placed) + " people in networks + " + number(all - placed) + " not placed = ", make("strong", { text: number(all) }));
    });
  }
  function range(people) { return people - data.window.min < 1000 ? number(people - data.window.min) + " above minimum" : "In range"; }
  function short(f, count) { return count ? f.words.map(function (w) { return w === "not one connected area" ? "split" : w.replace(/ alone$/, "").replace(/ [\d,]+$/, ""); }).join(", ") : "empty"; }
  function draw(svg, people, before) {
    var scale = +svg.dataset.scale, low = data.window.min, high = data.window.max;
    function at(v) { return (200 * Math.min(v, scale) / scale).toFixed(1); }
    var parts = [["rect", { x: at(low), y: 2, width: at(high - low), height: 18, fill: "#E1E7EC" }],
      ["rect", { y: 7, width: at(Math.min(people, high)), height: 8, rx: 1, fill: "#3C4C5C" }]];
    if (people > high) { parts.push(["rect", { x: at(high), y: 7, width: at(people - high), height: 8, fill: "#B35900" }]); }
    if (people < low) { parts.push(["rect", { x: at(people), y: 7.5, width: at(low - people), height: 7, fill: "#fff", stroke: "#B35900" }]); }
    [low, high].forEach(function (v) { parts.push(["path", { d: "M" + at(v) + " 2v18", stroke: "#6B7884" }]); });
    parts.push(["path", { d: "M" + at(before) + " 2v18", stroke: "#5B2A86", "stroke-width": 3 }]);
    svg.replaceChildren.apply(svg, parts.map(function (part) {
      var made = document.createElementNS("http://www.w3.org/2000/svg", part[0]);
      Object.keys(part[1]).forEach(function (key) { made.setAttribute(key, part[1][key]); });
      return made;
    }));
  }

  // ---- comments ----------------------------------------------------------------------------------
  var form = document.getElementById("comment"), about = document.getElementById("about"), said = document.getElementById("comments");
  function subjects() {
    about.replaceChildren(make("option", { value: "", text: "The whole proposal" }));
    var networks = make("optgroup", { label: "Networks" }), practices = make("optgroup", { label: "Practices" });
    data.networks.forEach(function (n) { networks.append(make("option", { value: "network " + n.id, text: "Network " + n.id })); });
    data.practices.slice().sort(function (a, b) { return a.name < b.name ? -1 : a.name > b.name ? 1 : 0; })
      .forEach(function (p) { practices.append(make("option", { value: "practice " + p.code, text: p.name + ", " + p.code })); });
    about.append(networks, practices);
  }
  function listComments() {
    said.replaceChildren.apply(said, comments.length ? comments.map(function (c, k) {
      return make("li", {}, [make("b", { text: c.kind }), " \u00b7 " + c.label + (c.name ? " \u00b7 " + c.name : ""), make("p", { text: c.words }),
        make("button", { type: "button", class: "link", text: "Remove this comment", click: function () { comments.splice(k, 1); listComments(); keep(); document.getElementById("comments-title").focus(); } })]);
    }) : [make("li", { class: "muted", text: "No comments yet." })]);
  }
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var words = document.getElementById("words"), error = document.getElementById("words-error");
    error.hidden = words.value.trim() !== "";
    words.setAttribute("aria-invalid", String(!error.hidden));
    if (!error.hidden) { words.focus(); return; }
    comments.push({ about: about.value, label: about.selectedOptions[0].textContent, option: data.options[data.current].name,
      kind: form.elements.kind.value, words: words.value.trim(), name: document.getElementById("who").value.trim() });
    words.value = "";
    listComments();
    keep();
    page.say("Comment added.");
  });

  form.addEventListener("input", keep);

  // ---- the file, and what is kept in the browser ---------------------------------------------------
  function review() {
    return { format: "pcngeo-review", version: 1, area: data.areaName, plan: data.digest, lists: data.lists,
      option: data.options[data.current].name, reviewer: document.getElementById("who").value.trim(),
      moves: moved(changes()), comments: comments.slice() };
  }
  function moved(list) { return list.map(function (c) { return { practice: data.practices[c.i].code, from: c.from, to: c.to }; }); }
  /** What the steps of a trial that is not shown come to. */
  function netMoves(own, k) {
    var to = {}, plan = data.options[k].practices;
    own.done.forEach(function (step) { step.forEach(function (s) { to[s.i] = s.to; }); });
    return moved(Object.keys(to).map(function (i) { return { i: +i, from: plan[i].network, to: to[i] }; }).filter(function (c) { return c.from !== c.to; }));
  }
  /** The file to save: every plan's trial; the plan of `option` is one that was tried, where any was. */
  function file() {
    var found = review(), others = [];
    elsewhere.forEach(function (own, k) {
      var list = own && k !== data.current ? netMoves(own, k) : [];
      if (list.length) { others.push({ option: data.options[k].name, moves: list }); }
    });
    if (!found.moves.length && others.length) { Object.assign(found, others.shift()); }
    return others.length ? Object.assign(found, { version: 2, others: others }) : found;
  }
  /** The review with the steps of every trial: what this browser keeps, so that undo outlives a reload. */
  function everything() {
    var trials = elsewhere.slice();
    trials[data.current] = here() || elsewhere[data.current];
    return Object.assign(review(), { trials: trials });
  }
  function keep() {
    try {
      var draft = { about: about.value, kind: form.elements.kind.value, words: document.getElementById("words").value };
      if (here() || elsewhere.some(Boolean) || comments.length || draft.words) { localStorage.setItem(shelf, JSON.stringify(Object.assign(everything(), { draft: draft, untouched: JSON.stringify(everything()) === opened }))); } else { localStorage.removeItem(shelf); }
    } catch (error) { /* storage may be switched off: the page works without */ }
  }
  /** Why a trial of a file, of the plan `option`, cannot be used, or nothing. */
  function wrongMoves(own) {
    function text(v) { return typeof v === "string"; }
    var option = data.options.find(function (o) { return o.name === own.option; });
    if (!option) { return "This file is damaged: its plan is not on this page. Ask for it again."; }
    var networks = new Set(option.networks.map(function (n) { return n.id; }).concat([""]));
    var bad = own.moves.some(function (m) { return !m || !text(m.practice) || !text(m.from) || !text(m.to) || page.code[m.practice] === undefined || data.practices[page.code[m.practice]].fixed || !networks.has(m.to) || m.to === m.from || m.from !== option.practices[page.code[m.practice]].network; });
    if (bad) { return "This file is damaged: it moves a practice or names a network that is not on this page. Ask for it again."; }
    return new Set(own.moves.map(function (m) { return m.practice; })).size < own.moves.length ? "This file is damaged: it moves one practice twice. Ask for it again." : "";
  }
  /** Why a file cannot be used, or nothing. */
  function wrong(file) {
    function text(v) { return typeof v === "string"; }
    if (!file || typeof file !== "object" || Array.isArray(file) || file.format !== "pcngeo-review") { return "This is not a saved review."; }
    if (file.version !== 1 && file.version !== 2) { return "This review was saved by another version of the page. Ask for a page of the same version."; }
    if (file.plan !== data.digest) { return "This review belongs to another plan (" + (text(file.area) ? file.area + ", " : "") + "lists at " + (text(file.lists) ? file.lists : "another date") + ")."; }
    if (!Array.isArray(file.moves)) { return "This file is damaged: the list of practices is missing. Ask for it again."; }
    if (!Array.isArray(file.comments)) { return "This file is damaged: the list of comments is missing. Ask for it again."; }
    var others = file.version > 1 ? file.others : [];
    if (!Array.isArray(others) || !others.every(function (one) { return one && Array.isArray(one.moves); })) { return "This file is damaged: the trials of other plans are missing. Ask for it again."; }
    var plans = [file].concat(others), why = plans.map(wrongMoves).find(Boolean);
    if (why) { return why; }
    if (new Set(plans.map(function (one) { return one.option; })).size < plans.length) { return "This file is damaged: it has two trials of one plan. Ask for it again."; }
    if (file.reviewer !== undefined && !text(file.reviewer)) { return "This file is damaged: the name is not text. Ask for it again."; }
    if (!file.comments.every(function (c) { return c && text(c.words) && text(c.kind) && text(c.label) && text(c.about) && text(c.name); })) { return "This file is damaged: a comment is incomplete. Ask for it again."; }
    return "";
  }
  function open(file) {
    var option = data.options.findIndex(function (o) { return o.name === file.option; });
    var trials = Array.isArray(file.trials) ? file.trials : [], own = trials[option];
    if (base) { drop(); }
    elsewhere = nowhere();
    if (option !== data.current) { page.showOption(option); subjects(); }
    elsewhere = elsewhere.map(function (none, k) { return k !== option && fits(trials[k], k) ? trials[k] : null; });
    (file.others || []).forEach(function (own) {
      var k = data.options.findIndex(function (o) { return o.name === own.option; });
      elsewhere[k] = { done: own.moves.map(function (m) { return [{ i: page.code[m.practice], from: m.from, to: m.to }]; }), undone: [] };
    });
    comments = file.comments.map(function (c) { return { about: c.about, label: c.label, option: String(c.option || ""), kind: c.kind, words: c.words, name: c.name }; });
    document.getElementById("who").value = file.reviewer || "";
    listComments();
    if (fits(own, option)) { play(own); } else { file.moves.forEach(function (m) { move([page.code[m.practice]], m.to); }); }
    others();
    keep();
  }
  function moveCount(own) {
    return own.moves.length + (own.trials || []).reduce(function (sum, t, k) { return sum + (t && data.options[k].name !== own.option ? netMoves(t, k).length : 0); }, 0);
  }
  /** Whoever opens files while working loses nothing: own work is set aside, all of it, through a reload too. */
  function setAside(list) {
    var note = document.getElementById("set-aside");
    aside = list;
    try { if (list.length) { localStorage.setItem(shelf + "-aside", JSON.stringify(list)); } else { localStorage.removeItem(shelf + "-aside"); } } catch (error) { /* it stays on the page */ }
    note.hidden = !list.length;
    note.replaceChildren.apply(note, list.map(function (own, k) {
      return make("span", {}, [(k ? "And before that: " : "What you had before is set aside: ") + rules.plural(moveCount(own), "move") + ", " + rules.plural(own.comments.length, "comment") + ". ",
        make("button", { type: "button", text: "Bring it back", click: function () {
          var now = ownWork();
          open(own);
          setAside(now.concat(aside.filter(function (other) { return other !== own; })));
          page.say("Your own work is back." + (now.length ? " What was here is set aside." : ""));
          document.getElementById("comments-title").focus();
        } }), " "]);
    }));
  }
  /** What opening something else would lose: nothing where an opened file was only looked at. */
  function ownWork() {
    var any = here() || comments.length || elsewhere.some(Boolean);
    return any && JSON.stringify(everything()) !== opened ? [everything()] : [];
  }
  /** The name of the saved file: the reviewer's too, so that a planner's folder holds them all. */
  function fileName() {
    var name = document.getElementById("who").value.normalize("NFD").replace(/[\u0300-\u036f'\u2019]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40);
    return "review" + (name ? "-" + name : "") + ".json";
  }
  document.getElementById("save").addEventListener("click", function () {
    var text = JSON.stringify(file(), null, 1), link = make("a", { download: fileName(), href: URL.createObjectURL(new Blob([text], { type: "application/json" })) });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
    page.say("Your review is saved as a file. Nothing was sent.");
  });
  document.getElementById("load").addEventListener("change", function (event) {
    var file = event.target.files[0], error = document.getElementById("load-error");
    error.hidden = true;
    if (!file) { return; }
    var large = file.size > 2e6;
    (large ? Promise.resolve("") : file.text()).catch(function () { return ""; }).then(function (text) {
      var found = null, why = large ? "This is not a saved review: it is too large." : "";
      try { found = JSON.parse(text); } catch (problem) { why = why || "This file is damaged or is not a saved review."; }
      why = why || wrong(found);
      if (why) { error.textContent = "Error: " + why; error.hidden = false; page.say(error.textContent); } else {
        var own = ownWork();
        open(found);
        opened = JSON.stringify(everything());
        keep();
        if (own.length) { setAside(own.concat(aside)); }
        page.say("The review is open." + (own.length ? " What you had before is set aside." : ""));
      }
      event.target.value = "";
    });
  });
  document.getElementById("try").addEventListener("click", function () {
    begin();
    refresh();
    focusBar();
  });
  document.addEventListener("keydown", function (event) {
    if (base && (event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key) && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
      event.preventDefault();
      (event.shiftKey || /y/i.test(event.key) ? redo : undo)();
    }
  });

  subjects();
  listComments();
  try {
    var kept = JSON.parse(localStorage.getItem(shelf) || "null");
    if (kept && !wrong(kept)) {
      var draft = kept.draft || {};
      open(kept);
      if (kept.untouched === true) { opened = JSON.stringify(everything()); keep(); }
      if (typeof draft.words === "string" && draft.words) {
        about.value = String(draft.about);
        form.elements.kind.value = String(draft.kind);
        document.getElementById("words").value = draft.words;
        keep();
      }
    }
    var before = JSON.parse(localStorage.getItem(shelf + "-aside") || "null");
    setAside((Array.isArray(before) ? before : [before]).filter(function (own) { return own && !wrong(own); }));
  } catch (error) { /* nothing is kept, or it cannot be read */ }
  return { move: move, undo: undo, redo: redo, leave: leave, pause: pause, resume: resume, active: function () { return !!base; }, changes: changes, review: review, file: file, subjects: subjects, wrong: wrong, selection: selection, begin: function () { begin(); refresh(); },
    comment: function (subject) { about.value = subject; document.getElementById("comments-title").scrollIntoView(); about.focus(); } };
};
