dofile(COMMON)
-- Cut short at each stage, then a whole message, over the same connection.
local conn = open()
must(mt.mailfrom(conn, "<x@sender.example>"), "mailfrom")
must(mt.abort(conn), "abort")
envelope(conn, "LUACUT", "<Gone@" .. THERE .. ">")
must(mt.abort(conn), "abort")
envelope(conn, "LUACUT", "<Gone@" .. THERE .. ">")
must(mt.header(conn, "X-Coexist-Trace", "v=1"), "header")
must(mt.abort(conn), "abort")
for turn = 1, 20 do
    envelope(conn, "LUATURN" .. turn, "<a@" .. HERE .. ">")
    content(conn, { { "Message-ID", "<4." .. turn .. "@lua>" } })
    expect(conn, SMFIR_CONTINUE, "eom")
    check(not mt.eom_check(conn, MT_RCPTDELETE, "<Gone@" .. THERE .. ">"), "Gone comes back")
    check(not mt.eom_check(conn, MT_HDRDELETE, "X-Coexist-Trace"), "the field comes back")
    must(mt.abort(conn), "abort")
end
mt.disconnect(conn)
-- Gone without a word.
conn = open()
envelope(conn, "LUAGONE", "<a@" .. HERE .. ">")
mt.disconnect(conn, false)
