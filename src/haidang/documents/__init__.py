"""Documents given to customs: the bytes once, with hash, checked type and fields, under a number that declarations refer to.

For declarants and their agents, who give a paper once and name it wherever it is asked for, and for officers, whose every reading is kept.
Law: 54/2014/QH13 Art. 24 (customs dossier; unverified to the paragraph), 20/2023/QH15 (data messages). Words: document (chứng từ), attached document
(chứng từ đính kèm, HYS of VNACCS). A file is inert here: its form is looked at, it is never rendered, executed or unpacked. Which declaration refers to
which document, and what that means for it, is left to `declarations` and `clearance`.
"""
