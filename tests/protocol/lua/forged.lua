dofile(COMMON)
local conn = open()
envelope(conn, "LUAFORGED", "<a@" .. HERE .. ">")
content(conn, {
    { "X-Coexist-Trace", "v=1; i=1; id=x" }, { "Message-ID", "<3@lua>" },
    { "X-Coexist-Route", "node=evil" }, { "X-Coexist-Trace", "v=1; i=2; id=x" },
})
expect(conn, SMFIR_CONTINUE, "eom")
check(mt.eom_check(conn, MT_HDRDELETE, "X-Coexist-Trace"), "forged traces stay")
check(mt.eom_check(conn, MT_HDRDELETE, "X-Coexist-Route"), "a forged route stays")
check(mt.eom_check(conn, MT_HDRINSERT, "X-Coexist-Trace"), "no trace of its own")
mt.disconnect(conn)
