from .dataset_rows import dataset_source as dataset_source
from .examples import example_dataset as example_dataset
from .pair import Pair as Pair
from .parallel import ParallelPairs as ParallelPairs
from .stored import StoredPairs as StoredPairs
from .stored import open_pairs as open_pairs
from .survey import Survey as Survey
from .surveying import survey_pairs as survey_pairs

__all__: list[str]
