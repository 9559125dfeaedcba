"""The command line's outermost layer: the group of commands, and one line on stderr for whatever goes wrong.

Statuses: 0 done, 2 something the user has to correct, 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from allotment.cli.errors import CommandError
from allotment.cli.printable import one_line
from allotment.cli.replay.command import replay

_FAILED, _INTERRUPTED = 2, 130


class OneLineErrors(click.Group):
    """A group whose every error is one line, ``allotment: what``, instead of click's three."""

    def main(self, *args: Any, **settings: Any) -> Any:  # noqa: ANN401 - as click has it
        """Run, and end the process with the status. The program is ``allotment`` however it was started."""
        settings |= {"prog_name": "allotment", "standalone_mode": False}
        try:
            result = super().main(*args, **settings)
            status = result if isinstance(result, int) else 0
        except CommandError as error:
            status = _failed(str(error), _FAILED)
        except click.Abort:
            status = _failed("interrupted", _INTERRUPTED)
        except click.ClickException as error:
            status = _failed(_text(error), _FAILED)
        sys.exit(status)


def _text(error: click.ClickException) -> str:
    """An option's error as ``--option: what``, all others as click words them."""
    if isinstance(error, click.BadParameter) and error.param is not None and error.message:
        hint = (
            error.param.opts[0] if isinstance(error.param, click.Option) else error.param.human_readable_name
        )
        return f"{hint}: {error.message}"
    return error.format_message()


def _failed(what: str, status: int) -> int:
    click.echo(f"allotment: {one_line(what)}", err=True)
    return status


@click.group(
    cls=OneLineErrors, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="allotment", prog_name="allotment", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Exact limits for AI-agent sessions: tools, calls, tokens, money, rate and time."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


cli.add_command(replay)


def run() -> int:
    """Run the command line with the arguments of the process. Returns the exit status."""
    try:
        cli.main()
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else _FAILED
    return 0
