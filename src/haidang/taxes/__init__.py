"""Value and tax (trị giá và thuế): from the priced lines of a declaration to the customs value, duties and taxes of each line and their totals.

The law is that of the registration instant: the tariff and the exchange rates of that day come in as arguments, nothing is looked up and no clock
is read. Words are those of the Law on Export and Import Duties 107/2016/QH13, of TT 38/2015/TT-BTC (as amended by TT 39/2018/TT-BTC) and of the VNACCS
declaration fields; error codes are those of VNACCS where it has one.

The room leaves to others: which codes exist and which fields go together (`declarations`), what the tariff says (`tariff`), who owes, pays and
guarantees (`ledger`), and what an undetermined tax means for the pass (`clearance`).
"""
