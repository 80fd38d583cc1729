"""The gateway: lanes that take signed messages, gather them in batches, and answer after the commit. No Django here.

Partners' words: `/api/v1`, JSON, detached signatures, problem details. Each class of lane has its own port and processes, so that a flood in one never
slows another. What a message means is decided in `clearance`; here are bytes, people's keys, budgets and queues.
"""
