"""A toolkit that hosts are tried on."""


class Searcher:
    def search(self, query):
        return f"found {query}"

    def index(self, path):
        return f"indexed {path}"


ENGINES = {"plain": Searcher}  # what a toolkit finds its classes by
