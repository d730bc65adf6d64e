"""Connected groups of practices inside the size window: the compiled kernels.

Everything works on positions (0..n-1), never on labels, and is local to a *centre*: the practice
that would be the group's hub. The practices that can share a network with a centre at all (the
least path of list sizes to them stays under the ceiling) are its *reach*; only those are touched,
so nothing here is n x n.

The heart is `price_groups`. Given a price for every practice (the duals of the set partitioning
LP), it returns *every* group whose reduced cost is at most a threshold: one tree of connected
sets per centre (ESU: each connected set once), most promising neighbour first, cut off by a
fractional knapsack over what can still be reached. The bound is valid, so a call that ends
unbroken is a proof that no other such group exists. A group is returned only at its true hub;
sums run over sorted members so that every centre computes the same bits and exactly one claims
the group.

`plain.py` holds the same answers in a few lines of slow Python; a test holds both equal.
"""

from __future__ import annotations

from pcngeo.optimise.groups import capacity, cuts, exchange, grow, land, listing, price, serve, wide
from pcngeo.optimise.groups.compiled import stoppable
from pcngeo.optimise.groups.land import Land

__all__ = [
    "Land",
    "exchange_blocks",
    "find_loose",
    "find_reach",
    "grow_groups",
    "list_groups",
    "price_groups",
    "reduced_costs",
    "row_entries",
    "separate_capacity",
    "separate_triples",
    "separate_wide",
    "serve_blocks",
    "touch_entries",
    "touch_sums",
    "wide_entries",
    "wide_sums",
]

exchange_blocks = stoppable(exchange.exchange_blocks)
find_loose = stoppable(serve.find_loose)
find_reach = stoppable(land.find_reach)
grow_groups = stoppable(grow.grow_groups)
list_groups = stoppable(listing.list_groups)
price_groups = stoppable(price.price_groups)
reduced_costs = stoppable(cuts.reduced_costs)
row_entries = stoppable(cuts.row_entries)
separate_capacity = stoppable(capacity.separate_capacity)
separate_triples = stoppable(cuts.separate_triples)
separate_wide = stoppable(wide.separate_wide)
serve_blocks = stoppable(serve.serve_blocks)
touch_entries = stoppable(capacity.touch_entries)
touch_sums = stoppable(capacity.touch_sums)
wide_entries = stoppable(wide.wide_entries)
wide_sums = stoppable(wide.wide_sums)
