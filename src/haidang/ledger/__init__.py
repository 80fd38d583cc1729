"""The ledger: transfers between accounts, obligations of traders, payments that close them.

Law: 107/2016/QH13 Art. 9 (when tax is due), tax administration law (38/2019/QH14, from 2026-07-01 108/2025/QH15: unverified), customs fee (unverified).
Words: transfer (bút toán), obligation (nghĩa vụ thuế), suspense (tiền chờ xử lý). An entry is a transfer: zero-sum by construction, append-only.
It leaves value and tax to `taxes`, and what a payment means for the goods to `clearance`.
"""
