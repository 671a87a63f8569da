"""The order storm: an order pool under load while its processes are killed, and the judgement afterwards.

``market`` draws it, ``clients`` are the programs that use it, ``chaos`` kills, ``verdict`` judges what is left.
"""
