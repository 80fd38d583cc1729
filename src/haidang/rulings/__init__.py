"""Advance rulings: what customs decides before goods come, on request: their code, the method of their value, their origin.

Law: 54/2014/QH13 Art. 28; 08/2015/NĐ-CP Art. 23 and 24 (as read in copies without the amendments of 2025 and 2026: dates and figures are data of the law
book, marked there). Words: advance ruling (văn bản xác định trước mã số, xuất xứ, trị giá hải quan), application (đơn đề nghị). Which codes exist is known
to `tariff`; what a ruling does to a declaration is judged in `clearance`.
"""
