"""The contract of clusters, for clusters that break it."""

import toy_clusters

from beir_hybrid.testing import ClusterContract, cluster

cluster._SOON = 1.0  # the toys end at once, or never
cluster._PAUSE = 0.05

for thing in toy_clusters.KINDS:
    globals()[f"Test{thing.__name__}"] = type(
        f"Test{thing.__name__}", (ClusterContract,), {"name": thing.__name__.lower(), "__module__": __name__}
    )
