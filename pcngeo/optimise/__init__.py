"""Graph + Rules -> Plan, with a proof."""
