"""Pages for people: data in, one self-contained HTML string out.

A page of `audit`, `checkup`, `simulate` or `tune` is handed in whole; nothing here reads a file, calls a model or knows
where a figure came from. What goes out holds no script, refers to nothing outside, and shows every figure with its
interval, its n and its other error. Easy to get wrong: the page is a string that encodes as UTF-8; write it as that and
as nothing else.
"""
