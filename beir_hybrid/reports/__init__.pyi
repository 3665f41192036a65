from .models.bars import Bar as Bar
from .models.bars import Bars as Bars
from .models.curve import Chart as Chart
from .models.curve import Curve as Curve
from .models.heat_map import HeatMap as HeatMap
from .models.table import Column as Column
from .models.table import Entry as Entry
from .models.table import Table as Table
from .models.table import make_table as make_table
from .render.html import fragment as fragment
from .render.pictures import draw as draw
from .render.terminal import console as console
from .render.terminal import show as show
from .render.text import csv_table as csv_table
from .render.text import latex_table as latex_table
from .render.text import markdown_table as markdown_table

__all__: list[str]
