"""Reports: tables, heat maps, bars and curves as data, and how a terminal, a page, text and pictures show them.

What is shown is built once, as a model: data and words, without a drawing. Every renderer draws every model.

Examples:
    >>> from beir_hybrid.reports import Column, make_table, markdown_table
    >>> table = make_table("Speed", ["model", Column("queries per second")], [["mine", 120], ["yours", 80]])
    >>> print(markdown_table(table))
    ## Speed
    <BLANKLINE>
    | model | queries per second |
    | --- | ---: |
    | mine | 120 |
    | yours | 80 |
"""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
