"""Search over vectors: exact, or through a Faiss index."""
