"""Parcels of low value (hàng trị giá thấp gửi bưu chính, chuyển phát nhanh): the procedures MIC and MEC.

An operator lodges one signed list of up to a thousand parcels; each parcel gets its own number, channel and taxes, or its findings, and a bad one sinks
none of its neighbours. What is too dear or controlled is told which procedure takes it. Taxes are the list's: one debt of the operator, one payment that
clears its parcels. Parcels are amended (MIE, MEE) and cancelled in bulk until they are cleared. Officers hold, check and
release single parcels. Full declarations are `clearance`'s; who may act for whom is `parties`'.
"""
