"""Trials: what an assistant does with a user who has a hidden goal, remembered call by call, and the figures it gives.

`relay` is the loop, `engine.run` runs many trials of an Experiment, `seats` journals every call before it is used,
`gate` says how many are in flight, `store.Store` remembers, `summary.simulate` puts it together; `checkup` puts the
smallest forms of the tasks, its `sections`, to a model, bare and led. Importing this loads nothing.
"""
