"""Mends: what is broken in BEIR on today's libraries, one fault a file.

Each says which version has the fault, looks for the fault itself before it touches anything, and leaves alone what
works.
"""
