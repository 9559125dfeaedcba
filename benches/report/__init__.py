"""The report: ``benches/RESULTS.md`` and the plots beside it, from ``target/bench/*.json``.

Data flows one way through this package::

    reading -> spread -> bounds (bounds.toml) -> tables -> page
                      -> sections (tables.toml) -> tables, plots
    machine -> page

Nothing here measures anything; ``benches/run`` does it all.
"""
