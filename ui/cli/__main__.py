"""``python -m ui.cli``: the command line without the console script (the supervisor starts its children
so).
"""

from ui.cli import main

main()
