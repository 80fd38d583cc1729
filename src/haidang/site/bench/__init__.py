"""`make bench`: how many declarations this machine clears, in ratios to what it can do at all.

The whole of it is the product: the lane as it is served, the embedded server with the settings of every installation, signed messages that all differ.
The measure is pgbench's TPC-B on the same cluster, alternated with each round, so that a noisy machine is divided out. docs/benchmarks.md explains
every figure. Nothing here is imported by other code.
"""


def main(argv: list[str] | None = None) -> int:
    """Run the bench with these arguments (None: those of the process); the last line on standard output is JSON. Returns the exit status."""
    # Its children import this package too, and must stay light.
    from haidang.site.bench.command import run

    return run(argv)
