"""Private servers and clients for the tests of coexist-milter.

milter_client   the MTA's side of the milter protocol (milter_protocol: its words;
                milter_message: one message)
redis_server    a private Redis
postfix         a private Postfix; several at once
smtp_sink       an SMTP server that records what it is told and answers by script
daemon          coexist-milter itself, and its log
sentinel        two Redis and the Sentinels that watch them
later_milter    a milter of somebody else's, listed after the filter
answers         the filter's own answers to a recipient
prometheus      the metrics page, and a client that asks for it
redis_link      a client of Redis, for a test that writes many records
chaos           mail, flips and faults at once, and an account of every message
pair            two Postfix that serve one domain, and mail sent to them
fixtures        the pytest fixtures made of these

Everything lives in a temporary folder and on loopback, is found by readiness and never by
sleeping, and ends with the test that started it.
"""
