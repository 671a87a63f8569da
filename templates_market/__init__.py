"""The template market: whole apps as text, their reader, installer and exporter.

A template is a folder with ``template.yaml`` (see ``docs/templates.md``) and sample records as CSV. Ids inside are
symbolic (``@orders``, ``@orders.status``, ``@stocks/main``); installing turns them into real ones.
"""
