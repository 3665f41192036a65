from ..formats.load import open_pairs as open_pairs
from .dataset_rows import dataset_source as dataset_source
from .examples import example_dataset as example_dataset
from .overlap import EvaluationTexts as EvaluationTexts
from .overlap import Overlap as Overlap
from .overlap import OverlapFinder as OverlapFinder
from .overlap import pairs_source as pairs_source
from .overlap import without_groups as without_groups
from .pair import Pair as Pair
from .parallel import ParallelPairs as ParallelPairs
from .stored import StoredPairs as StoredPairs
from .survey import Survey as Survey
from .surveying import survey_pairs as survey_pairs

__all__: list[str]
