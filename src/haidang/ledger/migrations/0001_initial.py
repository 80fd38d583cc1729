"""Transfers, obligations, payment notices."""

from django.db import migrations

SQL = """
CREATE TABLE transfer (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    transfer_no smallint NOT NULL,
    journal_seq smallint NOT NULL,
    kind smallint NOT NULL,
    debit_account text NOT NULL,
    credit_account text NOT NULL,
    amount_vnd bigint NOT NULL CHECK (amount_vnd > 0),
    booked_at timestamptz NOT NULL,
    CHECK (debit_account <> credit_account),
    PRIMARY KEY (shard_id, registered_month, declaration_id, transfer_no)
) PARTITION BY RANGE (registered_month);

CREATE TABLE obligation (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    trader_code text NOT NULL,
    assessed_vnd bigint NOT NULL CHECK (assessed_vnd > 0),
    outstanding_vnd bigint NOT NULL CHECK (outstanding_vnd BETWEEN 0 AND assessed_vnd),
    due_on date NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id)
);
-- By head office: a branch (13 digits) answers for its debts.
CREATE INDEX obligation_unpaid ON obligation (shard_id, left(trader_code, 10), due_on) WHERE outstanding_vnd > 0;

-- Money that came without a debt to close: another amount, twice, after cancellation. It never releases goods. The transfer that books it stands
-- with the declaration that the notice named.
CREATE TABLE suspense (
    shard_id smallint NOT NULL,
    suspense_id uuid NOT NULL,
    sender_id integer NOT NULL,
    reference text NOT NULL,
    declaration_no text NOT NULL,
    amount_vnd bigint NOT NULL CHECK (amount_vnd > 0),
    reason text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (shard_id, suspense_id)
);

GRANT SELECT, INSERT ON transfer, obligation, suspense TO haidang_ingest;
GRANT UPDATE (outstanding_vnd) ON obligation TO haidang_ingest;
GRANT SELECT ON transfer, obligation, suspense TO haidang_report, haidang_auditor;
GRANT SELECT ON transfer, obligation TO haidang_app;

ALTER TABLE obligation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON obligation TO haidang_app USING (trader_code = ANY (own_trader_codes()));
CREATE POLICY everything ON obligation TO haidang_owner, haidang_report, haidang_auditor USING (true);
ALTER TABLE transfer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON transfer TO haidang_app USING (
    substr(debit_account, 5) = ANY (own_trader_codes()) AND starts_with(debit_account, 'due:')
    OR substr(credit_account, 5) = ANY (own_trader_codes()) AND starts_with(credit_account, 'due:'));
CREATE POLICY everything ON transfer TO haidang_owner, haidang_report, haidang_auditor USING (true);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Entries are never updated or deleted; nobody is granted to."""

    initial = True
    dependencies = [("platform", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
