"""The commands that this plug-in adds to ``beir-hybrid``, one per file; no logic."""
