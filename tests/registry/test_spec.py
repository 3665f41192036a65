import pytest

from beir_hybrid.errors import ConfigurationError, shorten
from beir_hybrid.registry.spec import parse_spec


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("x-y", ("x-y", {})),
        (" x-y ", ("x-y", {})),
        ("hybrid()", ("hybrid", {})),
        ("hybrid(alpha=0.25)", ("hybrid", {"alpha": 0.25})),
        ("x-y (alpha=-1, names=['a', 'b'], on=True)", ("x-y", {"alpha": -1, "names": ["a", "b"], "on": True})),
    ],
)
def test_spec_is_a_name_with_literal_arguments(spec, expected):
    assert parse_spec(spec) == expected


@pytest.mark.parametrize(
    "spec",
    [
        "hybrid(",
        "hybrid(alpha",
        "hybrid(0.5)",
        "hybrid(**{})",
        "hybrid(alpha=x)",
        "hybrid(alpha=1) + 1",
        "hybrid(a=1)b",
        "hybrid(alpha=0.3)(alpha=0.9)",
        "hybrid(alpha=0.3, alpha=0.9)",
        "hybrid(alpha={[1]: 2})",
        pytest.param(f"hybrid(alpha={'-' * 100_000}1)", id="too many signs"),
        pytest.param(f"hybrid(alpha={'+'.join('1' * 10_000)})", id="too many terms"),
    ],
)
def test_spec_of_any_other_form_is_refused(spec):
    with pytest.raises(ConfigurationError) as caught:
        parse_spec(spec)
    assert shorten(spec) in str(caught.value)


def test_spec_runs_no_code(tmp_path):
    target = tmp_path / "touched"
    with pytest.raises(ConfigurationError):
        parse_spec(f"hybrid(alpha=open({str(target)!r}, 'w'))")
    assert not target.exists()
