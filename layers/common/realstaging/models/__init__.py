"""The things of the product. What clients see is the `…View`; the row adds what only we need.

Times are aware UTC, sizes bytes, pictures pixels, money USD as a decimal string in JSON.
"""
