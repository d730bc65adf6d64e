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
"""

from __future__ import annotations

from pcngeo.territory.boundary import repair_boundary
from pcngeo.territory.build import build_territories, reaches
from pcngeo.territory.coverage import coverage, localisation, overlap
from pcngeo.territory.networks import network_areas, split_sites
from pcngeo.territory.registrations import assign_lsoas

__all__ = [
    "assign_lsoas",
    "build_territories",
    "coverage",
    "localisation",
    "network_areas",
    "overlap",
    "reaches",
    "repair_boundary",
    "split_sites",
]
