"""Tờ khai: the declaration and its goods items, from draft to registered record.

Law: 54/2014/QH13 Art. 29-30, TT 38/2015/TT-BTC as amended by TT 39/2018/TT-BTC (fields: Appendix I), QĐ 1357/QĐ-TCHQ (kinds). The words are
those of the declarant and the broker. Taxes, channel and conditions are left to other rooms.
"""
