from .answer import Answer as Answer
from .cell import Cell as Cell
from .check import check_study as check_study
from .claim import Claim as Claim
from .grid import build_cells as build_cells
from .record import CellCost as CellCost
from .record import Failure as Failure
from .record import StudyRecord as StudyRecord
from .record import StudySummary as StudySummary
from .runner import Watcher as Watcher
from .runner import run_study as run_study
from .study import Study as Study
from .study import read_study as read_study
from .study_folder import StudyFolder as StudyFolder
from .study_folder import read_study_record as read_study_record
from .trial import Trial as Trial
from .verdict import Verdict as Verdict

__all__: list[str]
