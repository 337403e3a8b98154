"""What users want: hidden goals, the parts in which they are revealed, and checks that judge a reply.

`named.load(name)` makes one of those that come with Overture; `task` says what a task is. Importing this loads nothing.
"""
