"""The ground floor: money, quantities, dates, working hours, findings, ids. Pure: knows no Django, no database, no clock.

Everything here is a value or a function over values. The instant, the rates and the calendar come in as arguments;
whoever calls has read them from the law book or from the database.
"""
