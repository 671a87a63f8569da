"""``huobiao serve``: one supervisor that starts everything as child processes and keeps it running.

``program`` is one kind of child, ``supervisor`` the loop that watches them, ``programs`` what a full
installation consists of, ``web`` the web process itself.
"""
