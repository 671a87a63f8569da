"""What every request passes, whatever it is for: who asks, from where, in which language, and how refusals are told.

From the outside in: :mod:`~ui.http.edge` (request number, security headers, access log, metrics), compression,
:mod:`~ui.http.idempotency`, the guards of :mod:`~ui.http.authentication` and :mod:`~ui.http.csrf`, the handler; what it
raises goes through :mod:`~ui.http.errors`. A handler gets ``actor``, ``system`` and ``translator`` by naming them.
"""
