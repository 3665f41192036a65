import platform
from pathlib import Path

import pytest

from beir_hybrid.memory import held_memory, peak_memory, return_freed


def test_peak_memory_is_that_of_this_process_and_never_falls():
    exact = 2 << 20  # the system counts pages by thread, and adds up now and then
    before = peak_memory("cpu")
    block = bytearray(b"x") * (64 << 20)
    status = Path("/proc/self/status").read_text()
    current = int(status.split("VmRSS:")[1].split()[0]) * 1024
    grown = peak_memory("cpu")
    assert grown >= max(before, current) - exact
    assert before < 64 << 30
    del block
    assert peak_memory("cpu") >= grown - exact


def test_held_memory_rises_and_falls():
    before = held_memory()
    block = bytearray(b"x") * (64 << 20)
    assert held_memory() - before > 60 << 20
    del block
    assert held_memory() - before < 30 << 20


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library decides for itself")
def test_freed_memory_in_the_middle_of_the_heap_is_returned():
    return_freed()
    before = held_memory()
    blocks = [bytearray(b"x") * 4096 for _ in range(16_384)]  # 64 MB
    del blocks[:-1]  # the last one stays above them
    return_freed()
    assert held_memory() - before < 16 << 20
