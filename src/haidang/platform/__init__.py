"""Django and PostgreSQL plumbing: settings of the machine, the database server, its roles, connections and backups.

No law lives here and no word of customs. Every room above may use this one; it knows only `kernel`.

- `config`: what the environment says, read once; connection strings for each database role.
- `server`: PostgreSQL of our own on a unix socket, or the checks made on somebody else's.
- `roles`: who may do what in the database, from its first minute.
- `backup`: one consistent copy, and the way back.
"""
