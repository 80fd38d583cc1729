"""The tariff: the nomenclature at eight digits, what each measure asks of a code on a day, and which lists of which ministry name it.

Law: 107/2016/QH13 (import and export duty) and the schedules under it; the schedules stand in `lawbook/schedules/` as they were printed.
Words: commodity code (mã hàng), tariff schedule (biểu thuế), rate (thuế suất), measure, control (quản lý chuyên ngành). Amounts are computed in
`taxes`; who issues a permit is known to `permits`; legal instruments and code lists stand in `reference`.
"""
