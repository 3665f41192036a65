"""Files and folders on disk: written whole, locked, checked by checksums; corpora too large for memory."""
