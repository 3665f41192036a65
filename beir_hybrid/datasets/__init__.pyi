from ..formats.load import load_pairs as load_pairs
from ..formats.load import load_sources as load_sources
from .beir.collection_loader import CollectionLoader as CollectionLoader
from .beir.collection_loader import MIRACLLoader as MIRACLLoader
from .beir.collection_loader import MLQARLoader as MLQARLoader
from .beir.collection_loader import SampleLoader as SampleLoader
from .beir.collection_loader import XQuADRLoader as XQuADRLoader
from .beir.export import materialise as materialise
from .beir.folder import BeirFolder as BeirFolder
from .evaluation_texts import load_evaluation_texts as load_evaluation_texts
from .load import load_dataset as load_dataset
from .load import load_setting as load_setting
from .load import load_settings as load_settings
from .miracl.files import MiraclFiles as MiraclFiles
from .names import find_data as find_data
from .protocol import Dataset as Dataset
from .protocol import TrainingDataset as TrainingDataset
from .registered import DatasetAdapter as DatasetAdapter
from .registered import find_dataset as find_dataset
from .registered import list_datasets as list_datasets

__all__: list[str]
