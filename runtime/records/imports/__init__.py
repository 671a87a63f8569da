"""Reading tabular files and turning what is in them into values of fields.

::

    files.open_tabular(path) ──▶ TabularFile ──▶ Sheet ──▶ SourceRow ──▶ Cell
                                                   │
                  guess.guess_sheet(sheet) ◀───────┘      what each column seems to hold
                  match.match_columns(…)                  which field of the table it belongs to
                  values.to_decimal(cell) …               one cell repaired into one value

A *source* is a reader of one format (text, workbook, web page, XML spreadsheet); it yields raw rows. A *sheet* knows
which row is the header and yields the rows below it. A *notice* is something the person should know about how the
file was read; a refusal is an error of :mod:`runtime.errors`. Nothing here knows of tables, records or the database.
"""
