"""A folder for the front of ``PYTHONPATH``: the interpreters that find it there start with the hosts activated."""
