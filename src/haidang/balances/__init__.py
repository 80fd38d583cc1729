"""Whatever runs out: quota, permit, certificate, exemption list, guarantee, border allowance. Guarantees, lists of exempt goods, tariff quota licences and
goods imported temporarily are drawn on today.

Law: 107/2016/QH13 Art. 9 (guarantee of tax); quotas and lists are those of the rooms that use them. Words: balance (số dư), reserve (giữ chỗ), commit (trừ),
release (hoàn trả). A balance stands on the shard of its holder and moves only inside the transaction of the act that moves it; every movement is
kept. What a balance stands for, and what it means that one is short, is left to `clearance` and the rooms above.
"""
