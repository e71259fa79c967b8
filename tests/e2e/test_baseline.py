"""What two systems do to each other that both believe to route the same domain: no filter here."""

import re

from coexist_testing.pair import SENDERS, send, unique_address
from coexist_testing.wait import wait_until

HOPCOUNT_LIMIT = 50  # Postfix's default


def test_mail_goes_back_and_forth_until_postfix_counts_too_many_hops(pair):
    pair.hand_over(filtered=False)
    sender = unique_address(SENDERS, "sender")
    message_id = send(pair.primary, unique_address(), sender=sender)

    bounces = wait_until(
        lambda: [b for p in pair.both for b in p.deliveries(rcpt=sender)], 30, "the bounce"
    )
    pair.wait_quiet()
    assert len(bounces) == 1
    assert "554 5.4.0 Error: too many hops" in " ".join(bounces[0].body.decode().split())

    primary, secondary = pair.copies(message_id)
    assert primary + secondary == HOPCOUNT_LIMIT - 1
    assert abs(primary - secondary) == 1
    assert [p.activations(message_id) for p in pair.both] == [primary, secondary]
    assert pair.delivered(message_id) == (0, 0)


def test_a_null_sender_loops_as_long_and_nobody_is_told(pair):
    pair.hand_over(filtered=False)
    rcpt = unique_address()
    message_id = send(pair.primary, rcpt, sender="")

    def ended():
        return [line for p in pair.both for line in p.log_of(message_id) if "status=bounced" in line]

    told = wait_until(ended, 30, "the end of the loop")
    pair.wait_quiet()
    assert len(told) == 1
    assert re.search(rf"to=<{rcpt}>.*554 5\.4\.0 Error: too many hops", told[0])
    assert sum(pair.copies(message_id)) == HOPCOUNT_LIMIT - 1
    assert pair.delivered(message_id) == (0, 0)


def test_without_received_fields_the_loop_does_not_end(pair):
    pair.hand_over(filtered=False)
    pair.primary.set_main(header_checks="regexp:{{/^Received:/ IGNORE}}")
    try:
        message_id = send(pair.primary, unique_address())
        wait_until(lambda: sum(pair.copies(message_id)) > 4 * HOPCOUNT_LIMIT, 60, "200 copies")
    finally:
        pair.reset()
        for postfix in pair.both:
            postfix.empty()
        pair.primary.set_main(header_checks="")
    assert not any("too many hops" in line for p in pair.both for line in p.log_of(message_id))
