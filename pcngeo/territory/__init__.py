"""Practices and a boundary in, the area around every practice out.

There is no open national file of practice areas (Q29): every area drawn here is derived, and each
row says from what. The steps are small and stand in files of their own:

`boundary`
    the area's outline: checked, repaired, one shape, with notes of what was repaired
`sites`
    practices -> places: who shares a site, and where branch surgeries stand
`faces`
    pieces of an area that are an exact coverage; who gets the pieces beyond water
`voronoi`, `registrations`, `given`
    three ways to cut an area: nearest practice, where patients live, polygons of the planner
`build`
    practices -> one polygon a site
`networks`
    polygons of practices -> polygons of networks
`coverage`
    what a plan covers: practices, patients, area, LSOAs (R10); localisation and overlap

Which boundary to use: one that is clipped to the coast and to tidal rivers, at any level of
detail. Measured on all areas of January 2022 (``benchmarks/territory.py boundaries``), the graphs
under ultra-generalised boundaries and under those dissolved from LSOAs have 99.6 % of their links
in common, and what differs are borders of 170 m (median). The layer published for April 2021 fills
tidal rivers in: it joins both banks of the Tees and of the Great Ouse, and Mersea Island to the
mainland, where a bridge is the planner's to state (Q26). What is drawn matters far more than the
boundary: territories from registrations have 54 % of their links (median of areas) in common with
Voronoi cells.
"""

from __future__ import annotations

from pcngeo.territory.boundary import repair_boundary
from pcngeo.territory.build import build_territories, reaches
from pcngeo.territory.coverage import coverage, localisation, lsoas_table, overlap
from pcngeo.territory.networks import network_areas, split_sites
from pcngeo.territory.registrations import assign_lsoas

__all__ = [
    "assign_lsoas",
    "build_territories",
    "coverage",
    "localisation",
    "lsoas_table",
    "network_areas",
    "overlap",
    "reaches",
    "repair_boundary",
    "split_sites",
]
