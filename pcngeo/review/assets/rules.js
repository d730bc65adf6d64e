/* Sizes, contiguity, flags and distances of networks: pure functions, no page.
   The same cases are tested here and in Python. A network is a list of practice positions. */
"use strict";
var pcngeo = {};

pcngeo.rules = (function () {
  /** People registered with some practices. */
  function size(members, practices) {
    return members.reduce(function (sum, i) { return sum + practices[i].people; }, 0);
  }

  /** Members of every network, in the order of the practices. */
  function groups(assignment) {
    var found = {};
    assignment.forEach(function (network, i) {
      if (network) { (found[network] = found[network] || []).push(i); }
    });
    return found;
  }

  /** Number of connected parts of some practices. */
  function parts(members, neighbours) {
    var left = new Set(members), count = 0;
    while (left.size) {
      var queue = [left.values().next().value];
      left.delete(queue[0]);
      count += 1;
      while (queue.length) {
        neighbours[queue.pop()].forEach(function (j) {
          if (left.delete(j)) { queue.push(j); }
        });
      }
    }
    return count;
  }

  /** Level of a network ("", "agree" or "breaks") and why, in words. */
  function flags(people, count, partCount, window) {
    if (!count) { return { level: "breaks", words: ["no practices left"] }; }
    var words = [], level = "";
    if (people > window.max) { level = "agree"; words.push(number(people - window.max) + " over " + number(window.max)); }
    if (count === 1) { level = "agree"; words.push("one practice alone"); }
    if (people < window.min) { level = "breaks"; words.push(number(window.min - people) + " under the minimum"); }
    if (partCount > 1) { level = "breaks"; words.push("not one connected area"); }
    return { level: level, words: words };
  }

  /** Least sum over members of people times straight-line distance to one of them, and that one. */
  function cost(members, practices) {
    var best = { cost: 0, hub: -1 };
    // A practice without a location has no distance; its people count in sizes only.
    members = members.filter(function (i) { return !practices[i].lost; });
    members.forEach(function (h) {
      var sum = 0;
      members.forEach(function (i) {
        sum += practices[i].people * Math.hypot(practices[i].x - practices[h].x, practices[i].y - practices[h].y);
      });
      if (best.hub < 0 || sum < best.cost * (1 - 1e-12)) { best = { cost: sum, hub: h }; }
    });
    return best;
  }

  /** What moving one practice to another network would do to both. */
  function move(i, to, assignment, practices, neighbours, window) {
    var from = assignment[i], all = groups(assignment);
    var before = all[from] || [], target = all[to] || [];
    var rest = before.filter(function (j) { return j !== i; }), joined = target.concat([i]);
    function side(network, members) {
      var people = size(members, practices);
      var partCount = parts(members, neighbours);
      return { network: network, people: people, count: members.length, flags: flags(people, members.length, partCount, window) };
    }
    var sides = (from ? [side(from, rest)] : []).concat([side(to, joined)]);
    var level = sides.some(function (s) { return s.flags.level === "breaks"; }) ? "breaks"
      : sides.some(function (s) { return s.flags.level === "agree"; }) ? "agree" : "";
    var change = cost(rest, practices).cost + cost(joined, practices).cost - cost(before, practices).cost - cost(target, practices).cost;
    return { to: to, level: level, sides: sides, change: change };
  }

  function number(value) { return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ","); }

  return { size: size, groups: groups, parts: parts, flags: flags, cost: cost, move: move, number: number };
})();
