"""Stock: promise, give back, send out, take in and count, per SKU and location.

Everything is stored through the write path together with its row of the ledger; doing any of it twice does nothing the
second time. ``desk`` locks, ``reserving`` and ``settling`` work on orders, ``counting`` on shelves, ``waiting`` fills
back-orders and lets reservations expire, ``reading`` shows, ``audit`` checks.
"""

from runtime.records.stock.counting import Counted, Item, change_on_hand, change_on_hand_in
from runtime.records.stock.desk import Reservation
from runtime.records.stock.moves import run_effects_of_moves
from runtime.records.stock.reserving import fill, reserve
from runtime.records.stock.settling import consume, expire, release
from runtime.records.stock.several import Asked, reserve_several
from runtime.records.stock.waiting import StockKeeper, fill_waiting

__all__ = [
    "Asked",
    "Counted",
    "Item",
    "Reservation",
    "StockKeeper",
    "change_on_hand",
    "change_on_hand_in",
    "consume",
    "expire",
    "fill",
    "fill_waiting",
    "release",
    "reserve",
    "reserve_several",
    "run_effects_of_moves",
]
