from .comparison import Comparison as Comparison
from .comparison import Contrast as Contrast
from .comparison import compare as compare
from .significance import holm as holm
from .significance import intervals as intervals
from .significance import paired_test as paired_test
