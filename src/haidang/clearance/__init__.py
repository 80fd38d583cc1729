"""Clearance: from lodged to cleared (khai, đăng ký, phân luồng, kiểm tra, giải phóng hàng, đưa hàng về bảo quản, thông quan).

For declarants, officers, heads of unit, ports, banks and ministries, who all look at one list: the open conditions of a
declaration, each with its owner, its law and its clock. Goods are cleared at the instant the last one closes, whoever closes it;
release and storage are other rules over the same list. States follow from the channel and from that list, along the edges of
`states.csv`; what opens a condition stands in `conditions.csv`.

Law: 54/2014/QH13 (Luật Hải quan); 38/2015/TT-BTC as amended by 39/2018/TT-BTC and 121/2025/TT-BTC, Art. 18-34; 107/2016/QH13 Art. 9.

Left to others: what is declared (`declarations`), what is owed (`taxes`, `ledger`), which channel and why (`risk`), gates and
seals, and everything after clearance but the state itself.
"""
