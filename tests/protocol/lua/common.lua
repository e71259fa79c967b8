-- What the scripts share. Steps that the filter does not want are left out, as an MTA does.

-- miltertest keeps the text of an error to itself.
function fail(...)
    mt.echo(string.format(...))
    error("failed")
end

-- Each mt.*() returns nil or what went wrong.
function must(wrong, what)
    if wrong ~= nil then
        fail("%s: %s", what, wrong)
    end
end

function expect(conn, reply, what)
    local got = mt.getreply(conn)
    if got ~= reply then
        fail("%s: answer %s, expected %s", what, got, reply)
    end
end

function check(truth, what)
    if not truth then
        fail("%s", what)
    end
end

function open(host, address)
    local conn = mt.connect("unix:" .. SOCKET, 40, 0.05)
    if conn == nil then
        fail("no connection to %s", SOCKET)
    end
    must(mt.conninfo(conn, host or "mx.external.example", address or "203.0.113.25"), "conninfo")
    expect(conn, SMFIR_CONTINUE, "conninfo")
    return conn
end

function wanted(conn, step)
    return not mt.test_option(conn, step)
end

function envelope(conn, id, ...)
    mt.macro(conn, SMFIC_MAIL, "i", id)
    must(mt.mailfrom(conn, "<sender@sender.example>"), "mailfrom")
    for _, address in ipairs({ ... }) do
        mt.macro(conn, SMFIC_RCPT, "i", id)
        must(mt.rcptto(conn, address), "rcptto " .. address)
        expect(conn, SMFIR_CONTINUE, "rcptto " .. address)
    end
end

function content(conn, headers)
    if wanted(conn, SMFIP_NODATA) then
        must(mt.data(conn), "data")
    end
    for _, field in ipairs(headers) do
        must(mt.header(conn, field[1], field[2]), "header " .. field[1])
    end
    if wanted(conn, SMFIP_NOEOH) then
        must(mt.eoh(conn), "eoh")
    end
    if wanted(conn, SMFIP_NOBODY) then
        must(mt.bodystring(conn, "Hello.\r\n"), "body")
    end
    must(mt.eom(conn), "eom")
end
