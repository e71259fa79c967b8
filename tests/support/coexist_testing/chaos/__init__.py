"""Mail through a Pair while everything fails and every user moves, and an account of it.

timeline     what something was, and from when until when somebody may have seen it
store        Redis, alone or under Sentinels, as its operator sees it
population   the users, where their mailboxes are, and the flips
mail         messages, and the clients that send them
faults       what is broken, and mended
evidence     what the two Postfix did: deliveries, bounces, queues, crossings
account      what became of every recipient of every message
run          all of that together
"""
