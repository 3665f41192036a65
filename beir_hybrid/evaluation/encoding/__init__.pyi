from .encode_folder import check_part as check_part
from .encoder import Description as Description
from .encoder import as_encoder as as_encoder
from .fingerprint import fingerprint_of as fingerprint_of
from .vectors import StoredVectors as StoredVectors
from .vectors import Vectors as Vectors
from .vectors import keys_of as keys_of
