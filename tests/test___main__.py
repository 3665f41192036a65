import subprocess
import sys


def test_the_package_runs_as_a_module_as_its_command_does():
    found = subprocess.run([sys.executable, "-m", "beir_hybrid", "--help"], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("Usage: python -m beir_hybrid [OPTIONS] COMMAND")
    assert "evaluate" in found.stdout


def test_the_module_fails_as_the_command_does():
    command = [sys.executable, "-m", "beir_hybrid", "report", "nothere", "--output", "report.html"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 2
    assert found.stderr.startswith("Error: nothere holds no")
