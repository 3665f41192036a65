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


def test_latex_escapes_and_has_a_caption_and_a_label():
    assert latex_table(TABLE).splitlines() == [
        r"\begin{table*}[t]",
        r"\centering",
        r"\caption{a|b $<$script> next}",
        r"\label{tab:a-b-script-next}",
        r"\small",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"run & map $\uparrow$ \\",
        r"\midrule",
        r"x\_1 \& 50 \% & \textbf{0.5} \\",
        r'say "hi", you &  \\',
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table*}",
    ]


def test_latex_leaves_out_columns_where_the_page_ends_and_says_so():
    wide = Column("w", text=True, leave_out=1)
    text = latex_table(make_table("t", ["run", wide, Column("d")], [["a", "w" * 130, -0.5]]))
    assert r"a & $-$0.5 \\" in text
    assert "Left out for want of room: w." in text
    assert "www" in latex_table(make_table("t", ["run", wide], [["a", "w" * 30]]))
