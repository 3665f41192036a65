import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Models this small only wait for more threads, and for those of tests beside them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
