"""The law of the pass, pure: `states` (which step may follow which) and `conditions` (what opens, what closes, who may)."""
