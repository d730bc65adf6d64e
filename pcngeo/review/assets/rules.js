/* Sizes, contiguity, flags, wishes and distances of networks: pure functions, no page. The cases in
   tests/cases are run here and in Python. A network is a list of positions of practices; an area is
   the data of the page with `neighbours`, the positions next to each practice (null: not judged). */
"use strict";
var pcngeo = {};

pcngeo.rules = (function () {
  /** Members of every network, in the order of the practices. */
  function groups(assignment) {
    var found = Object.create(null);
    assignment.forEach(function (network, i) {
      if (network) { (found[network] = found[network] || []).push(i); }
    });
    return found;
  }

  /** Everyone on the lists of some practices. */
  function people(members, area) {
    return members.reduce(function (sum, i) { return sum + area.practices[i].people; }, 0);
  }

  /** People registered in a network: practices in two networks count by their shares (R20). */
  function size(id, assignment, area) {
    var sum = 0;
    assignment.forEach(function (network, i) { if (network && network === id) { sum += area.practices[i].people; } });
    shares(assignment, area).forEach(function (share) { sum += (share.to === id ? share.people : 0) - (share.from === id ? share.people : 0); });
    return sum;
  }

  /** People of practices that are in several networks, by where they count beside their own: rounded
      down, those left over to the largest remainders, the own network first (pcngeo.sizes.divide). */
  function shares(assignment, area) {
    var rows = new Map(), found = [];
    area.shared.forEach(function (row) {
      var own = assignment[row[0]], other = assignment[row[1]];
      if (!own || !other || own === other) { return; }
      var away = rows.get(row[0]) || new Map();
      away.set(other, (away.get(other) || BigInt(0)) + BigInt(row[2]));
      rows.set(row[0], away);
    });
    rows.forEach(function (away, i) {
      var whole = BigInt(area.shared.find(function (row) { return row[0] === i; })[3]), people = BigInt(area.practices[i].people);
      var kept = whole, left = people;
      away.forEach(function (part) { kept -= part; });
      var parts = [[assignment[i], kept]].concat(Array.from(away)).map(function (pair, k) {
        var count = people * pair[1] / whole;
        left -= count;
        return { to: pair[0], count: count, rest: people * pair[1] % whole, k: k };
      });
      parts.slice().sort(function (a, b) { return a.rest === b.rest ? a.k - b.k : a.rest > b.rest ? -1 : 1; })
        .slice(0, Number(left)).forEach(function (part) { part.count += BigInt(1); });
      parts.slice(1).forEach(function (part) { found.push({ i: i, from: assignment[i], to: part.to, people: Number(part.count) }); });
    });
    return found;
  }

  /** Connected parts of a network's practices; those that are not on the graph are no part (R11). */
  function parts(members, area) {
    if (!area.neighbours) { return members.length ? 1 : 0; }
    var left = new Set(members.filter(function (i) { return !area.practices[i].off; })), count = 0;
    while (left.size) {
      var queue = [left.values().next().value];
      left.delete(queue[0]);
      count += 1;
      while (queue.length) {
        area.neighbours[queue.pop()].forEach(function (j) {
          if (left.delete(j)) { queue.push(j); }
        });
      }
    }
    return count;
  }

  /** Level of a network ("", "agree" or "breaks") and why: what breaks a rule comes first. */
  function flags(people, count, partCount, window) {
    if (!count) { return { level: "breaks", words: ["no practices left"] }; }
    var breaks = [], agree = [];
    if (people < window.min) { breaks.push(number(window.min - people) + " under " + number(window.min)); }
    if (partCount > 1) { breaks.push("not one connected area"); }
    if (people > window.max) { agree.push(number(people - window.max) + " over " + number(window.max)); }
    if (count === 1) { agree.push("one practice alone"); }
    return { level: breaks.length ? "breaks" : agree.length ? "agree" : "", words: breaks.concat(agree) };
  }

  /** The mark of a network's flags on the map: over the window, under it, or something else. */
  function mark(people, flags, window) {
    return !flags.level ? "" : people > window.max ? "\u25b2" : people < window.min ? "\u25bc" : "!";
  }

  /** A network of a plan, judged. */
  function judge(id, assignment, area) {
    var members = groups(assignment)[id] || [], sum = size(id, assignment, area), partCount = parts(members, area);
    return { members: members, people: sum, parts: partCount, flags: flags(sum, members.length, partCount, area.window) };
  }

  /** The central practice: the one that is demanded or `chosen`, else the one with the least sum over
      members of people times straight-line distance; that sum, and the greatest distances. */
  function cost(members, area, chosen) {
    // A practice without a location has no distance; its people count in sizes only.
    var here = members.filter(function (i) { return !area.practices[i].lost; }), best = { cost: 0, hub: -1, far: 0, span: 0 }, span = 0;
    var wanted = area.hubs.find(function (i) { return members.indexOf(i) >= 0; });
    if (wanted === undefined) { wanted = chosen; }
    here.forEach(function (h) {
      var sum = 0, far = 0;
      here.forEach(function (i) {
        var away = Math.hypot(area.practices[i].x - area.practices[h].x, area.practices[i].y - area.practices[h].y);
        sum += area.practices[i].people * away;
        far = Math.max(far, away);
      });
      span = Math.max(span, far);
      if (h === wanted || (best.hub !== wanted && (best.hub < 0 || sum < best.cost * (1 - 1e-12)))) { best = { cost: sum, hub: h, far: far }; }
    });
    best.span = span;
    return best;
  }

  /** Wishes about practices that a plan does not keep (R16), as pcngeo.breaches says it. */
  function broken(assignment, area) {
    var all = groups(assignment);
    return area.demands.filter(function (wish) {
      var homes = wish.practices.map(function (i) { return assignment[i]; }), placed = homes.filter(Boolean);
      if (!placed.length) { return false; }
      if (wish.kind === "apart") { return placed.length === 2 && placed[0] === placed[1]; }
      if (wish.kind === "together") { return new Set(placed).size + (homes.length - placed.length) > 1; }
      return Array.from(new Set(placed)).some(function (id) {
        return all[id].length !== wish.size || placed.length !== wish.size || all[id].some(function (i) { return wish.practices.indexOf(i) < 0; });
      });
    });
  }

  /** Limits beside the window that a network passes, as pcngeo.breaches.broken_limits says it:
      practices that are not on the graph take no part in them. */
  function beyond(id, assignment, area) {
    var limits = area.limits, words = [], all = groups(assignment);
    function on(network) { return (all[network] || []).filter(function (i) { return !area.practices[i].off; }); }
    var own = on(id), sum = people(own, area), window = limits.window.slice(), share = limits.headroom / 100;
    limits.ends.forEach(function (end) {
      if (own.indexOf(end[0]) < 0) { return; }
      window[0] = Math.min(window[0], end[1] || window[0]);
      window[1] = Math.max(window[1], end[2]);
    });
    if (!own.length) { return words; }
    if (own.length > 1 || sum <= window[1]) {
      var grown = sum * (1 + share) > window[1] + 1e-6 && own.length > 1;
      if (share && (grown || sum * (1 - share) < window[0] - 1e-6)) { words.push("outside the window if lists move by " + short(limits.headroom) + " %"); }
      if (limits.practices && own.length > limits.practices) { words.push(number(own.length) + " practices, more than " + number(limits.practices)); }
      var span = limits.span ? cost(own, area).span : 0;
      if (span > limits.span) { words.push(number(Math.ceil(span - 1e-6)) + " m across, more than " + number(Math.floor(limits.span)) + " m"); }
      var places = new Set(own.map(function (i) { return limits.places[i]; }).filter(Boolean));
      if (limits.authorities && places.size > limits.authorities) { words.push("in " + places.size + " local authorities, more than " + limits.authorities); }
      if (area.hubs.filter(function (i) { return own.indexOf(i) >= 0; }).length > 1) { words.push("several practices that are to be hubs"); }
    }
    var made = Object.keys(all).map(on).filter(function (list) { return list.length && !list.some(function (i) { return limits.above.indexOf(i) >= 0; }); });
    var mean = limits.grouped / made.length, alone = own.some(function (i) { return limits.above.indexOf(i) >= 0; });
    if (limits.balance && !alone && Math.abs(sum - mean) > mean * limits.balance / 100 + 1e-6) {
      words.push(number(sum) + ", not within " + short(limits.balance) + " % of the mean of " + number(Math.floor(mean)));
    }
    return words;
  }
  function short(value) { return String(+value.toPrecision(6)); }

  /** Where a practice counts when it is moved: one that is not on the graph is only offered (R14). */
  function counts(i, to, area) { return area.practices[i].off ? "" : to; }

  /** What moving some practices to another network would do to every network that it touches. */
  function move(list, to, assignment, area) {
    var after = assignment.slice(), touched = new Set();
    list.forEach(function (i) {
      if (assignment[i] && assignment[i] !== to) { touched.add(assignment[i]); }
      after[i] = counts(i, to, area);
    });
    if (to) { touched.add(to); }
    var sides = Array.from(touched).map(function (id) { return Object.assign({ network: id, beyond: beyond(id, after, area) }, judge(id, after, area)); });
    var levels = sides.map(function (s) { return s.beyond.length ? "breaks" : s.flags.level; }), change = 0;
    touched.forEach(function (id) {
      change += cost(groups(after)[id] || [], area).cost - cost(groups(assignment)[id] || [], area).cost;
    });
    return { to: to, sides: sides, change: change, after: after, broken: broken(after, area),
      level: levels.indexOf("breaks") >= 0 ? "breaks" : levels.indexOf("agree") >= 0 ? "agree" : "" };
  }

  function number(value) { return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ","); }
  /** "no practices", "1 practice", "2 practices". */
  function plural(n, word) { return (n ? number(n) : "no") + " " + word + (n === 1 ? "" : "s"); }
  /** "no people", "1 person", "2 people". */
  function persons(n) { return (n ? number(n) : "no") + (n === 1 ? " person" : " people"); }
  /** How many of the others, as people say it; the twin of evaluate._of_the_others. */
  function ofTheOthers(some, others) {
    if (!some) { return others > 1 ? "none of the other practices" : "no other practice"; }
    if (others <= 2 && some === others) { return some === 2 ? "both other practices" : "the other practice"; }
    return some === others ? "all " + others + " other practices" : some + " of the other " + others + " practices";
  }

  return { groups: groups, people: people, size: size, shares: shares, parts: parts, flags: flags, mark: mark, judge: judge, cost: cost, broken: broken, beyond: beyond,
    counts: counts, move: move, number: number, plural: plural, persons: persons, ofTheOthers: ofTheOthers };
})();
