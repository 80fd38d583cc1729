"""The law book (sổ luật): legal instruments, dated figures of the law, code lists, holidays and weekly exchange rates.

Everything that the state decides by decree and may decide otherwise tomorrow stands here as data with its dates and its source, never in code
(Law on Customs 54/2014/QH13 and what hangs from it; standards ISO 3166, ISO 4217, UN/ECE Recommendations 16, 20, 21). The files are in `lawbook/`, where
a lawyer reads and changes them; a load makes a numbered version of the book, nothing is ever deleted, and an old version reads as it did.

Rates of duty and tax by commodity code belong to `tariff`; counting working days belongs to `kernel`.
"""
