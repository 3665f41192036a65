from pathlib import Path

from beir_hybrid.memory import held_memory, peak_memory


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
