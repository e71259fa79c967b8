dofile(COMMON)
local conn = open()
envelope(conn, "LUAHOPS", "<a@" .. HERE .. ">")
local headers = { { "Message-ID", "<6@lua>" } }
for i = 1, 60 do
    headers[#headers + 1] = { "Received", "from a" .. i .. ".example by b" .. i .. ".example; x" }
end
content(conn, headers)
expect(conn, SMFIR_REPLYCODE, "eom")
check(not mt.eom_check(conn, MT_HDRINSERT, "X-Coexist-Trace"), "refused, and edited all the same")
mt.disconnect(conn)
