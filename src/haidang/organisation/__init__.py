"""Who in customs may do what: units, the posts in them, officers, and dated powers (đơn vị, vị trí, công chức, thẩm quyền).

For heads of unit, officers, auditors. A power is a row: this post may do this act on the files of this unit, from when until when, by which instrument.
It is never read out of a title: titles changed level in 2025, and a power ends on its day whoever still sits in the room. An officer is a signer of
their own: the certificate is registered for the unit's party and belongs to one person, so that the journal names people.

Law: 54/2014/QH13 names the decisions that belong to the head of a customs office (unverified to the article); which post holds which power is set by
instruments of each unit, kept here as they were issued. Left to others: what an act does to a declaration (`clearance`), parties and keys (`parties`).
"""
