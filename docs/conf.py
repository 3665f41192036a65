"""Settings of the documentation's build: ``sphinx-build -W -b html docs build/docs``."""

import sys
from pathlib import Path

import beir_hybrid

sys.path.insert(0, str(Path(__file__).with_name("_ext")))

project = "beir-hybrid"
author = "the authors of beir-hybrid"
project_copyright = author
version = release = beir_hybrid.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
    "documented_options",
    "mathml",
    "public_names",
    "registered_things",
]
exclude_patterns = ["_ext"]

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # notebooks come with their output; a test executes them
suppress_warnings = ["mystnb.unknown_mime_type", "toc.empty_glob"]

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_type_aliases = {name: name for name in ("Bools", "Floats", "Floats32", "Ints")}
napoleon_numpy_docstring = False
napoleon_attr_annotations = False  # the signature has them
napoleon_use_ivar = True  # attributes are documented where they are declared
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"

smartquotes = False  # they make a dash of the two before an option

html_theme = "pydata_sphinx_theme"
html_title = "beir-hybrid"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("plugins", "gallery/index", "changelog")}  # these have no pages below them
html_domain_indices = False  # the general index has all names; that of modules would list one
html_theme_options = {
    "navbar_align": "left",
    "navigation_depth": 3,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_math_renderer = "mathml"
