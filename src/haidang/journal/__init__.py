"""The journal: every message once (inbox), its bytes as received, every act with a digest of the rows it wrote, and what outsiders must be told (outbox).

Law: records are kept five years at least (38/2015/TT-BTC as amended); messages are the declarant's signed data messages (20/2023/QH15).
Words: inbox, message, journal entry, outbox. The journal knows no declaration: it keeps keys, digests and bytes that other rooms hand it.
"""
