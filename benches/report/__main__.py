"""``python -m report``, with ``benches/`` on the path."""

from report.cli import cli

if __name__ == "__main__":
    cli(prog_name="report")
