"""Who takes part: traders, brokers, banks, ports, ministries, customs offices; how a machine proves who it is, and who may act for whom.

Every registering call carries a digital signature (VNACCS refuses one without as E9990), and an agent acts within a mandate of its principal.
Traders and brokers are known by their tax code (ten digits, thirteen for a branch), the others by a short code.

`signing` checks detached signatures over raw bytes and knows no database; `authority` makes and reads certificates; `lookups.read_directory`
gives lanes one immutable picture of everybody; `actions` change it and tell the listeners of `haidang_parties`.
Levels of compliance are kept here as the result that others decided; how they come about belongs to risk.
"""
