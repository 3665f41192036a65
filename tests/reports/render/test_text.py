import csv
import io

from beir_hybrid.reports.models.table import Column, Entry, make_table
from beir_hybrid.reports.render.text import csv_table, latex_table, markdown_table

TABLE = make_table(
    "a|b <script>\nnext",
    ["run", Column("map ↑")],
    [["x_1 & 50 %", Entry(0.5, marked=True)], ['say "hi",\nyou', Entry("", marked=True)]],
)


def test_csv_gives_back_what_went_in():
    rows = list(csv.reader(io.StringIO(csv_table(TABLE))))
    assert rows == [["run", "map ↑"], ["x_1 & 50 %", "0.5"], ['say "hi",\nyou', ""]]


def test_markdown_has_a_line_for_each_row_and_no_tags():
    assert markdown_table(TABLE).splitlines() == [
        "## a\\|b &lt;script> next",
        "",
        "| run | map ↑ |",
        "| --- | ---: |",
        "| x_1 & 50 % | **0.5** |",
        '| say "hi", you |  |',
    ]


def test_latex_escapes_and_no_line_leaves_the_comment():
    assert latex_table(TABLE).splitlines() == [
        "% a|b <script> next",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"run & map $\uparrow$ \\",
        r"\midrule",
        r"x\_1 \& 50 \% & \textbf{0.5} \\",
        r'say "hi", you &  \\',
        r"\bottomrule",
        r"\end{tabular}",
    ]
