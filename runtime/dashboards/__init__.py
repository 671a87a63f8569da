"""Dashboards interpreted: each widget becomes one query and a small answer that any chart can draw."""
