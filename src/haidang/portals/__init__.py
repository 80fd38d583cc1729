"""Pages for people: the trader's declarations and dossiers, the officer's queue, file and signed decisions (trang cho doanh nghiệp và công chức).

For declarants, brokers, officers and heads of unit, in Vietnamese and English. A page reads through the lookups of the rooms below, as a database role that
row-level security holds to what the person may see. It decides nothing: what an officer signs in the browser is handed to the lane of conditions
byte by byte, and the lane's answer is shown. Unknown and forbidden look alike. Left to others: messages (`gateway`), login itself (`platform.login`).
"""
