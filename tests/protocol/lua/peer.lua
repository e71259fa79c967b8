dofile(COMMON)
-- What the peer hands over stays here, where no record says otherwise.
local conn = open("mail.primary.example", "198.51.100.10")
envelope(conn, "LUAPEER", "<a@" .. THERE .. ">")
content(conn, { { "Message-ID", "<5@lua>" } })
expect(conn, SMFIR_CONTINUE, "eom")
check(not mt.eom_check(conn, MT_RCPTDELETE, "<a@" .. THERE .. ">"), "sent back to where it came from")
check(mt.getheader(conn, "X-Coexist-Route", 0):find("reason=authority", 1, true), "not authority")
mt.disconnect(conn)
