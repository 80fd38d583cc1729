"""The demo country: made-up parties with keys of their own, and 300 declarations mapped from a public set of synthetic rows.

Everything here is plainly invented: names say *Mẫu* (sample), tax codes begin with 99, which belongs to no province (*unverified*), though their
check digit is right. Nothing secret stands in the repository: keys and tokens are made at the first `build_country`, under the home of the
installation.
"""
