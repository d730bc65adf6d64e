"""Practices and a boundary in, the area around every practice out.

There is no open national file of practice areas (Q29): every area drawn here is derived, and each
row says from what. The steps are small and stand in files of their own:

`boundary`
    the area's outline: checked, repaired, one shape, with notes of what was repaired
`voronoi`
    the outline cut into faces, each nearest to one point; faces beyond water handed over
`build`
    practices -> sites -> one polygon a site
`networks`
    polygons of practices -> polygons of networks
"""

from __future__ import annotations

from pcngeo.territory.boundary import repair_boundary
from pcngeo.territory.build import build_territories, reaches
from pcngeo.territory.networks import network_areas

__all__ = ["build_territories", "network_areas", "reaches", "repair_boundary"]
