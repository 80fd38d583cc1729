"""Who signed a batch of adjustments: asked when it is prepared, and again by `haidang verify`."""

from haidang.ledger.rules import batch_statement
from haidang.ledger.terms import AdjustmentBatch
from haidang.organisation.rules import Powers
from haidang.parties.lookups import Directory


def signing_fault(batch: AdjustmentBatch, directory: Directory, powers: Powers) -> str:
    """Return why a batch is not signed by the officer who prepared it, with a certificate valid then; empty when it is."""
    certificate = directory.signed_with(batch.signature, batch_statement(batch))
    if certificate is None:
        return "the signature does not fit what was prepared"
    if powers.officer(certificate.thumbprint_sha256) != batch.prepared_by:
        return f"signed by {powers.officer(certificate.thumbprint_sha256)}, prepared by {batch.prepared_by}"
    at, revoked_at = batch.prepared_at, certificate.revoked_at
    if not certificate.not_before <= at < certificate.not_after or (revoked_at is not None and revoked_at <= at):
        return "the certificate was not valid then"
    return ""
