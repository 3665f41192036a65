from hashlib import blake2b

from beir_hybrid.storage.checksums import combine, digest_row


def checksum(*rows):
    return combine(digest_row(*row) for row in rows)


def test_order_does_not_matter():
    assert checksum(("1", "a"), ("2", "b")) == checksum(("2", "b"), ("1", "a"))


def test_fields_are_told_apart():
    assert len({checksum(("ab", "")), checksum(("a", "b")), checksum(("", "ab")), checksum(("a",), ("b",))}) == 4


def test_repeated_row_counts():
    assert checksum(("1", "a"), ("1", "a")) != checksum(("1", "a"))


def test_sums_over_parts_add_up():
    parts = [int(checksum(("1", "a"), ("2", "b")), 16), int(checksum(("3", "c")), 16)]
    assert combine(parts) == checksum(("1", "a"), ("2", "b"), ("3", "c"))


def test_checksum_is_the_same_on_every_machine():
    written_out = blake2b(b"4:0:4|en:1One.", digest_size=16).hexdigest()
    assert checksum(("en:1", "", "One.")) == written_out == "8df1949a3334bbdb94e993f56c1c5d24"
