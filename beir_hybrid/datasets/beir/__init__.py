"""BEIR folders: what they contain, read and written, in every setting."""
