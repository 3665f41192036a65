"""The contract of hosts, for hosts that break it; they are apart, since a host imports next to nothing."""

import toy_hosts

from beir_hybrid.testing import HostContract

for thing in toy_hosts.HOSTS:
    globals()[f"Test{thing.__name__}"] = type(
        f"Test{thing.__name__}",
        (HostContract,),
        {
            "name": thing.__name__.lower(),
            "watched": thing.watched,
            "patches": thing.patches,
            "__module__": __name__,
        },
    )
