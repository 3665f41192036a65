from .comparison import Comparison as Comparison
from .comparison import Contrast as Contrast
from .comparison import compare as compare
