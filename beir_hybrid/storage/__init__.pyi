from .checksums import combine as combine
from .checksums import damage as damage
from .checksums import digest_row as digest_row
from .checksums import file_checksum as file_checksum
from .checksums import record as record
from .checksums import stamp as stamp
from .corpus import StoredCorpus as StoredCorpus
from .corpus_writer import CorpusWriter as CorpusWriter
from .corpus_writer import write_corpus as write_corpus
from .files import check_output as check_output
from .files import json_or_none as json_or_none
from .files import new_file as new_file
from .files import parse_json as parse_json
from .files import read_json as read_json
from .files import sync as sync
from .files import write_json as write_json
from .files import write_text as write_text
from .folders import check_strangers as check_strangers
from .folders import new_folder as new_folder
from .folders import replace_folder as replace_folder
from .locks import LOCK as LOCK
from .locks import locked as locked

__all__: list[str]
