"""Stock: promise, give back, send out, take in and count, per SKU and location.

Everything is stored through the write path together with its row of the ledger; doing any of it twice does nothing the
second time. ``desk`` locks, ``reserving`` and ``settling`` work on orders, ``counting`` on shelves, ``waiting`` fills
back-orders and lets reservations expire, ``reading`` shows, ``audit`` checks.
"""

from runtime.records.stock.desk import Reservation
from runtime.records.stock.moves import run_effects_of_moves
from runtime.records.stock.reserving import fill, reserve
from runtime.records.stock.settling import consume, expire, release

__all__ = ["Reservation", "consume", "expire", "fill", "release", "reserve", "run_effects_of_moves"]
