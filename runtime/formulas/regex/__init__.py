"""Regular expressions that cannot hang and that mean the same to Python and PostgreSQL.

The dialect is what both share, without back references, look-around, lazy quantifiers and flags. A pattern is
written in the formula itself, checked there, and then

- read in Python by our own automaton (linear time, no backtracking), and
- handed to PostgreSQL in a spelled-out form that depends on no locale.

A match is the leftmost one and, there, the longest (POSIX); the parts of groups are found from left to right, each as
long as the rest allows.
"""

from runtime.formulas.regex.engine import Matcher, matcher
from runtime.formulas.regex.syntax import BadPattern, Pattern, parse_pattern, parse_wildcards

__all__ = ["BadPattern", "Matcher", "Pattern", "matcher", "parse_pattern", "parse_wildcards"]
