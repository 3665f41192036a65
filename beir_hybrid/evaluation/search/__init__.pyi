from .exact import exact_search as exact_search
from .faiss_factory import empty_index as empty_index
from .faiss_factory import faiss_at_work as faiss_at_work
from .faiss_factory import parse_factory as parse_factory
from .faiss_factory import set_thoroughness as set_thoroughness
from .faiss_factory import training_sample as training_sample
from .hits import Hits as Hits
from .scores import passage_blocks as passage_blocks
