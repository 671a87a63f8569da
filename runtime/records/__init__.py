"""Records: the one write path, reads, history, stock.

``write.apply`` takes a :class:`~runtime.records.change.Change` through these steps, each a file of this room:
``prepare`` (parse, validate, defaults) → ``moves`` (state machines) → ``unique`` → ``numbering`` → ``store`` (+ ``links``,
transition effects, ``stock``) → ``computed`` → ``history`` (+ outbox) → commit → live notices.
"""
