"""Vectors of queries and passages: encoded once, cached, checked."""
