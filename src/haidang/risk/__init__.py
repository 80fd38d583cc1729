"""Risk: which channel a declaration takes (phân luồng xanh, vàng, đỏ), and why, so that it can be explained and replayed.

For the risk analyst, who keeps criteria as dated data, and for the officer, who reads the reasons. A trader sees the channel, never a
criterion, a share or a draw: the role of the trader's pages has no right on any table of this room.

Law: 54/2014/QH13 Art. 17 (quản lý rủi ro); 81/2019/TT-BTC as amended by 06/2024/TT-BTC. The text of the criteria and the shares of random
selection are not public: every criterion and share that comes with this platform is marked sample.

Left to others: compliance levels (`parties`), what a channel asks for (`clearance`), what a check finds (`inspection`).
"""
