"""Automations: what happens by itself when a record changes, carried out durably.

::

    records.history ──▶ meta.outbox ──▶ relay ──▶ meta.run ──▶ Redis ──▶ engine ──▶ steps ──▶ records, deliveries
       (the change's own transaction)   (scheduler)      (a message with an id)  (worker)

PostgreSQL holds the truth; Redis only carries ids, and the sweeper sends again what it lost. A *run* is one automation
for one event; the pair is unique, so an event never starts a run twice. A *step* takes effect together with the row that
says it is done, after the run's lease was confirmed, so it takes effect once whatever dies when; steps that follow one
another at once share a transaction (``burst``). What leaves the house is a *delivery*: queued in its step's transaction,
sent afterwards by ``deliveries``, and retried until it is taken or gives up visibly.

============  =====================================================================================
``triggers``  which events an automation waits for
``relay``     events → runs;  ``sweeper``: what was lost on the way
``engine``    carries a run out, step by step (``steps/``: one file per kind, ``values``: what goes into them)
``burst``     the transaction that steps share
``retry``     what is worth another try, and when
``deliveries``  messages on their way out (``outgoing`` queues them, ``connections`` knows the addresses)
``runs``      the rows;  ``trace``: how a person reads them;  ``remedies``: what a person does about a failed one
``rehearsal`` a test run that leaves nothing behind
============  =====================================================================================
"""
