"""The job queue: procrastinate on PostgreSQL, for jobs of minutes and for what is due every so often; never on the clearing path.

Jobs themselves are registered by whoever knows the rooms (`haidang.site.working`); this module only makes the queue's application.
"""

from procrastinate import App, PsycopgConnector

from haidang.platform.config import Config


def make_app(config: Config) -> App:
    """Return the application of the job queue, not yet opened. The queue stands in the first server's database; its tables belong to `haidang_owner`."""
    connector = PsycopgConnector(conninfo=config.dsn("owner"), min_size=1, max_size=4)
    return App(connector=connector)
