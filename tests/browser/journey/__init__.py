"""The whole way of a person through Huobiao, from an empty machine to a scanned parcel; see ``tests/browser/test_journey.py``."""
