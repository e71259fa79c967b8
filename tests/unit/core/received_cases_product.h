#ifndef COEXIST_TESTS_RECEIVED_CASES_PRODUCT_H
#define COEXIST_TESTS_RECEIVED_CASES_PRODUCT_H

#include "tests/unit/core/received_case.h"

/* Other servers, services and programs. */

static const struct received_case received_cases_product[] = {
    { .name = "Haraka",
      .value = SPAN_LIT("from mail.example.net (mail.example.net [192.0.2.70])\r\n"
                        "\tby mx.example.org (Haraka/3.0.1) with ESMTPS id "
                        "6E3B8B7C-1D2E-4F56-9ABC-1234567890AB.1\r\n"
                        "\tenvelope-from <bar@example.net> (authenticated bits=0)\r\n"
                        "\t(cipher=TLS_AES_256_GCM_SHA384);\r\n"
                        "\tSat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mail.example.net",
      .rdns = "mail.example.net",
      .ip = "192.0.2.70",
      .by = "mx.example.org",
      .with = "ESMTPS",
      .id = "6E3B8B7C-1D2E-4F56-9ABC-1234567890AB.1",
      .time = AT_10_15_30 },
    { .name = "Haraka behind qmail",
      .value = SPAN_LIT(
          "from unknown (HELO unknown) (::1)\r\n"
          "\tby box.example.org (Haraka/3.0.1) with ESMTPSA; Sat, 21 Nov 2026 11:15:30 +0100"),
      .helo = "unknown",
      .ip = "::1",
      .by = "box.example.org",
      .with = "ESMTPSA",
      .time = AT_10_15_30 },
    { .name = "Courier",
      .value = SPAN_LIT("from mail.example.net (mail.example.net [::ffff:192.0.2.71])\r\n"
                        "  (TLS: TLSv1.3,256bits,TLS_AES_256_GCM_SHA384)\r\n"
                        "  by mx.example.org with ESMTPS; Sat, 21 Nov 2026 10:15:30 +0000\r\n"
                        "  id 63712926194AA7D2.4297124171BA9357.39259324"),
      .helo = "mail.example.net",
      .rdns = "mail.example.net",
      .ip = "::ffff:192.0.2.71",
      .by = "mx.example.org",
      .with = "ESMTPS",
      .id = "63712926194AA7D2.4297124171BA9357.39259324",
      .time = AT_10_15_30 },
    { .name = "Courier, no reverse name",
      .value =
          SPAN_LIT("from pc ([::ffff:203.0.113.71])\r\n"
                   "  (AUTH: LOGIN foo@example.org, TLS: TLSv1.2,128bits)\r\n"
                   "  by mx.example.org with ESMTPSA id 0000001; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "pc",
      .ip = "::ffff:203.0.113.71",
      .by = "mx.example.org",
      .with = "ESMTPSA",
      .id = "0000001",
      .time = AT_10_15_30 },
    { .name = "Courier local",
      .value = SPAN_LIT("from localhost (localhost [127.0.0.1])\r\n"
                        "  (uid 500)\r\n"
                        "  by mx.example.org with local; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "localhost",
      .rdns = "localhost",
      .ip = "127.0.0.1",
      .by = "mx.example.org",
      .with = "local",
      .time = AT_10_15_30 },
    { .name = "MDaemon",
      .value = SPAN_LIT("from relay.example.net [(192.0.2.72)] by mail.example.org (198.51.100.72) "
                        "(MDaemon PRO v19.0.2)\r\n"
                        "\twith ESMTP id md52242255135.msg for <foo@example.org>; Sat, 21 Nov 2026 "
                        "10:15:30 +0000"),
      .helo = "relay.example.net",
      .ip = "192.0.2.72",
      .by = "mail.example.org",
      .with = "ESMTP",
      .id = "md52242255135.msg",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "MDaemon, older",
      .value = SPAN_LIT("from pc [203.0.113.72] by mail.example.org [198.51.100.72]\r\n"
                        "\twith SMTP (MDaemon.PRO.v5.0.6.R) for <foo@example.org>; Sat, 21 Nov "
                        "2026 10:15:30 +0000"),
      .helo = "pc",
      .ip = "203.0.113.72",
      .by = "mail.example.org",
      .with = "SMTP",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "MDaemon, no address",
      .value = SPAN_LIT("from localhost.localdomain by mail.example.org (MDaemon PRO v10.1.1)\r\n"
                        "\twith ESMTP id md53757399862.msg\r\n"
                        "\tfor <foo@example.org>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "localhost.localdomain",
      .by = "mail.example.org",
      .with = "ESMTP",
      .id = "md53757399862.msg",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "fetchmail IMAP",
      .value = SPAN_LIT("from imap.example.net [192.0.2.73]\r\n"
                        "\tby localhost with IMAP (fetchmail-6.3.26)\r\n"
                        "\tfor <foo@localhost> (single-drop); Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "imap.example.net",
      .ip = "192.0.2.73",
      .by = "localhost",
      .with = "IMAP",
      .for_ = "foo@localhost",
      .time = AT_10_15_30 },
    { .name = "fetchmail POP3",
      .value = SPAN_LIT("from pop.example.net [2001:db8::73]\r\n"
                        "\tby localhost with POP3 (fetchmail-6.4.37)\r\n"
                        "\tfor foo (single-drop); Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "pop.example.net",
      .ip = "2001:db8::73",
      .by = "localhost",
      .with = "POP3",
      .for_ = "foo",
      .time = AT_10_15_30 },
    { .name = "getmail",
      .value = SPAN_LIT("from pop.example.net (192.0.2.74) by home.example.org with POP3; 21 Nov "
                        "2026 10:15:30 -0000"),
      .helo = "pop.example.net",
      .ip = "192.0.2.74",
      .by = "home.example.org",
      .with = "POP3",
      .time = AT_10_15_30 },
    { .name = "Cyrus LMTP by socket",
      .value = SPAN_LIT("from mx.example.org ([unix socket])\r\n"
                        "\t by imap.example.org (Cyrus v2.4.17) with LMTPA;\r\n"
                        "\t Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mx.example.org",
      .by = "imap.example.org",
      .with = "LMTPA",
      .time = AT_10_15_30 },
    { .name = "Cyrus LMTP by network",
      .value = SPAN_LIT("from mx.example.org (mx.example.org [192.0.2.75])\r\n"
                        "\t by imap.example.org (Cyrus 3.0.10) with LMTPA;\r\n"
                        "\t Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mx.example.org",
      .rdns = "mx.example.org",
      .ip = "192.0.2.75",
      .by = "imap.example.org",
      .with = "LMTPA",
      .time = AT_10_15_30 },
    { .name = "Dovecot LMTP",
      .value = SPAN_LIT("from mx.example.org ([127.0.0.1])\r\n"
                        "\tby imap.example.org with LMTP\r\n"
                        "\tid sKJ5JhO0X2bIHwAA0J78UA\r\n"
                        "\t(envelope-from <bar@example.net>)\r\n"
                        "\tfor <foo@example.org>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mx.example.org",
      .ip = "127.0.0.1",
      .by = "imap.example.org",
      .with = "LMTP",
      .id = "sKJ5JhO0X2bIHwAA0J78UA",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "Dovecot LMTP proxy",
      .value = SPAN_LIT("from director.example.org ([192.0.2.76])\r\n"
                        "\tby imap07.example.org (Dovecot) with LMTP id TwnsAK8+rD8RcBKFCjXM9G\r\n"
                        "\t; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "director.example.org",
      .ip = "192.0.2.76",
      .by = "imap07.example.org",
      .with = "LMTP",
      .id = "TwnsAK8+rD8RcBKFCjXM9G",
      .time = AT_10_15_30 },
    { .name = "OpenSMTPD",
      .value = SPAN_LIT("from mail.example.net (mail.example.net [192.0.2.77])\r\n"
                        "\tby mx.example.org (OpenSMTPD) with ESMTPS id d3b5815c "
                        "(TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO)\r\n"
                        "\tfor <foo@example.org>;\r\n"
                        "\tSat, 21 Nov 2026 10:15:30 +0000 (UTC)"),
      .helo = "mail.example.net",
      .rdns = "mail.example.net",
      .ip = "192.0.2.77",
      .by = "mx.example.org",
      .with = "ESMTPS",
      .id = "d3b5815c",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "OpenSMTPD local",
      .value = SPAN_LIT("from localhost (box.example.org [local])\r\n"
                        "\tby box.example.org (OpenSMTPD) with ESMTPA id c96b1c4c;\r\n"
                        "\tSat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "localhost",
      .rdns = "box.example.org",
      .by = "box.example.org",
      .with = "ESMTPA",
      .id = "c96b1c4c",
      .time = AT_10_15_30 },
    { .name = "OpenSMTPD, source masked",
      .value = SPAN_LIT("\r\n"
                        "\tby box.example.org (OpenSMTPD) with ESMTPSA id 316da859 "
                        "(TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO);\r\n"
                        "\tSat, 21 Nov 2026 10:15:30 +0000"),
      .by = "box.example.org",
      .with = "ESMTPSA",
      .id = "316da859",
      .time = AT_10_15_30 },
    { .name = "Lotus Domino",
      .value = SPAN_LIT("from pc.example.net ([10.74.120.8])\r\n"
                        "          by domino.example.org (Lotus Domino Release 8.5.3FP6)\r\n"
                        "          with ESMTP id 2026112110153091-31979399 ;\r\n"
                        "          Sat, 21 Nov 2026 11:15:30 +0100 "),
      .helo = "pc.example.net",
      .ip = "10.74.120.8",
      .by = "domino.example.org",
      .with = "ESMTP",
      .id = "2026112110153091-31979399",
      .time = AT_10_15_30 },
    { .name = "CommuniGate",
      .value =
          SPAN_LIT("from host.example.net ([192.0.2.80] verified)\r\n"
                   "  by cgp.example.org (CommuniGate Pro SMTP 6.2.7)\r\n"
                   "  with ESMTPS id 2851423 for foo@example.org; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "host.example.net",
      .ip = "192.0.2.80",
      .by = "cgp.example.org",
      .with = "ESMTPS",
      .id = "2851423",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "CommuniGate, account",
      .value = SPAN_LIT("from [203.0.113.80] (account foo@example.org HELO [10.3.3.3])\r\n"
                        "  by cgp.example.org (CommuniGate Pro SMTP 6.2.1)\r\n"
                        "  with ESMTPSA id 6553181; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "10.3.3.3",
      .ip = "203.0.113.80",
      .by = "cgp.example.org",
      .with = "ESMTPSA",
      .id = "6553181",
      .time = AT_10_15_30 },
    { .name = "CommuniGate, account verified",
      .value = SPAN_LIT("from [203.0.113.81] (account foo [203.0.113.81] verified)\r\n"
                        "  by cgp.example.org (CommuniGate Pro SMTP 5.4.3)\r\n"
                        "  with ESMTPA id 44912523; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "203.0.113.81",
      .ip = "203.0.113.81",
      .by = "cgp.example.org",
      .with = "ESMTPA",
      .id = "44912523",
      .time = AT_10_15_30 },
    { .name = "CommuniGate, greeting",
      .value = SPAN_LIT("from [192.0.2.82] (HELO fe.example.net)\r\n"
                        "  by cgp.example.org (CommuniGate Pro SMTP 5.2.14)\r\n"
                        "  with ESMTP id 312795451; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "fe.example.net",
      .ip = "192.0.2.82",
      .by = "cgp.example.org",
      .with = "ESMTP",
      .id = "312795451",
      .time = AT_10_15_30 },
    { .name = "PowerMTA",
      .value = SPAN_LIT(
          "from app7 (10.17.18.16) by mta6.example.org (PowerMTA(TM) v5.0r1) id cna69r81p69w59 for "
          "<foo@example.org>; Sat, 21 Nov 2026 10:15:30 +0000 (envelope-from <bar@example.org>)"),
      .helo = "app7",
      .ip = "10.17.18.16",
      .by = "mta6.example.org",
      .id = "cna69r81p69w59",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "PowerMTA, own pickup",
      .value = SPAN_LIT(
          "by mta6.example.org (PowerMTA(TM) v4.0r1) id dfjb3455tgkr for <foo@example.org>; Sat, "
          "21 Nov 2026 10:15:30 +0000 (envelope-from <bar@example.org>)"),
      .by = "mta6.example.org",
      .id = "dfjb3455tgkr",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "Mimecast",
      .value = SPAN_LIT("from mx2.example.net (mx2.example.net\r\n"
                        " [192.0.2.83]) by relay.mimecast.example with ESMTP with STARTTLS\r\n"
                        " (version=TLSv1.2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id\r\n"
                        " us-mta-638-VAFc9S_mTwsvDJcQ8zFc1z-5; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mx2.example.net",
      .rdns = "mx2.example.net",
      .ip = "192.0.2.83",
      .by = "relay.mimecast.example",
      .with = "ESMTP",
      .id = "us-mta-638-VAFc9S_mTwsvDJcQ8zFc1z-5",
      .time = AT_10_15_30 },
    { .name = "Mimecast, older",
      .value = SPAN_LIT("from mx1.example.net (mx1.example.net [192.0.2.84]) (Using TLS) by\r\n"
                        " relay.mimecast.example with ESMTP id uk-mta-444-DPgY8TGa-5; Sat, 21 Nov "
                        "2026 10:15:30 +0000"),
      .helo = "mx1.example.net",
      .rdns = "mx1.example.net",
      .ip = "192.0.2.84",
      .by = "relay.mimecast.example",
      .with = "ESMTP",
      .id = "uk-mta-444-DPgY8TGa-5",
      .time = AT_10_15_30 },
    { .name = "Proofpoint filter",
      .value = SPAN_LIT("from pps.filterd (m0929285.ppops.example [127.0.0.1])\r\n"
                        "\tby mx0b-25444887.pphosted.example (8.18.1.11/8.18.1.11) with ESMTP id "
                        "78MFP3zV9767466\r\n"
                        "\tfor <foo@example.com>; Sat, 21 Nov 2026 10:15:30 GMT"),
      .helo = "pps.filterd",
      .rdns = "m0929285.ppops.example",
      .ip = "127.0.0.1",
      .by = "mx0b-25444887.pphosted.example",
      .with = "ESMTP",
      .id = "78MFP3zV9767466",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "Proofpoint relay",
      .value =
          SPAN_LIT("from mail.example.net (mail.example.net [192.0.2.85])\r\n"
                   "\tby mx0a-00128a01.pphosted.example (PPS) with ESMTPS id 3xyz1-1\r\n"
                   "\t(version=TLSv1.2 cipher=ECDHE-RSA-AES256-GCM-SHA384 bits=256 verify=NOT)\r\n"
                   "\tfor <foo@example.com>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mail.example.net",
      .rdns = "mail.example.net",
      .ip = "192.0.2.85",
      .by = "mx0a-00128a01.pphosted.example",
      .with = "ESMTPS",
      .id = "3xyz1-1",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "Amazon SES incoming",
      .value = SPAN_LIT(
          "from mail.example.net (mail.example.net [192.0.2.86])\r\n"
          " by inbound-smtp.eu-west-1.amazonaws.example with SMTP id 9bq7o0sd1kq2m3n4o5p6\r\n"
          " for foo@example.org;\r\n"
          " Sat, 21 Nov 2026 10:15:30 +0000 (UTC)"),
      .helo = "mail.example.net",
      .rdns = "mail.example.net",
      .ip = "192.0.2.86",
      .by = "inbound-smtp.eu-west-1.amazonaws.example",
      .with = "SMTP",
      .id = "9bq7o0sd1kq2m3n4o5p6",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "SpamAssassin",
      .value = SPAN_LIT("from localhost by spam.example.org\r\n"
                        "\twith SpamAssassin (version 3.4.6); Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "localhost",
      .by = "spam.example.org",
      .with = "SpamAssassin",
      .time = AT_10_15_30 },
    { .name = "Yahoo web",
      .value = SPAN_LIT("from sonic.gate.mail.yahoo.example by sonic948.consmr.mail.yahoo.example "
                        "with HTTP; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "sonic.gate.mail.yahoo.example",
      .by = "sonic948.consmr.mail.yahoo.example",
      .with = "HTTP",
      .time = AT_10_15_30 },
    { .name = "Yahoo SMTP",
      .value = SPAN_LIT("by hermes--production-ir2-27r62yhq24-yk2ez (Yahoo Inc. Hermes SMTP "
                        "Server) with ESMTPA ID 8576adc32d14cb477823879cb795fdc7;\r\n"
                        "          Sat, 21 Nov 2026 10:15:30 +0000 (UTC)"),
      .by = "hermes--production-ir2-27r62yhq24-yk2ez",
      .with = "ESMTPA",
      .id = "8576adc32d14cb477823879cb795fdc7",
      .time = AT_10_15_30 },
    { .name = "Yahoo, older",
      .value = SPAN_LIT(
          "from pc (foo@203.0.113.87 with login)\r\n"
          "        by smtp852.mail.yahoo.example with SMTP; 21 Nov 2026 02:15:30 -0800 PST"),
      .helo = "pc",
      .ip = "203.0.113.87",
      .by = "smtp852.mail.yahoo.example",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "Yahoo HTTP",
      .value = SPAN_LIT("from [203.0.113.88] by web51829.mail.yahoo.example via HTTP; Sat, 21 Nov "
                        "2026 02:15:30 PST"),
      .helo = "203.0.113.88",
      .ip = "203.0.113.88",
      .by = "web51829.mail.yahoo.example",
      .via = "HTTP",
      .time = AT_10_15_30 },
    { .name = "iCloud",
      .value = SPAN_LIT("from outbound.p10.icloud.example (localhost [127.0.0.1])\r\n"
                        "\tby outbound.p10.icloud.example (Postfix) with ESMTPS id 1F0B18000A2\r\n"
                        "\tfor <foo@example.com>; Sat, 21 Nov 2026 10:15:30 +0000 (UTC)"),
      .helo = "outbound.p10.icloud.example",
      .rdns = "localhost",
      .ip = "127.0.0.1",
      .by = "outbound.p10.icloud.example",
      .with = "ESMTPS",
      .id = "1F0B18000A2",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "mailman",
      .value = SPAN_LIT("from lists.example.org (localhost [IPv6:::1])\r\n"
                        "\tby lists.example.org (Postfix) with ESMTP id 9498BD27FD9D;\r\n"
                        "\tSat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "lists.example.org",
      .rdns = "localhost",
      .ip = "::1",
      .by = "lists.example.org",
      .with = "ESMTP",
      .id = "9498BD27FD9D",
      .time = AT_10_15_30 },
    { .name = "Ecartis",
      .value =
          SPAN_LIT("with ECARTIS (v1.0.0; list bind-announce); Sat, 21 Nov 2026 10:15:30 +0000"),
      .with = "ECARTIS",
      .time = AT_10_15_30 },
    { .name = "vger",
      .value = SPAN_LIT(
          "from mail.example.net ([192.0.2.89]:23956 \"EHLO\r\n"
          "\tgreeting.example.net\" rhost-flags-OK-OK-OK-OK) by vger.example.org with ESMTP\r\n"
          "\tid M1333829Am9E9Xd9 (ORCPT <rfc822;list@vger.example.org>);\r\n"
          "\tSat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "greeting.example.net",
      .rdns = "mail.example.net",
      .ip = "192.0.2.89",
      .by = "vger.example.org",
      .with = "ESMTP",
      .id = "M1333829Am9E9Xd9",
      .time = AT_10_15_30 },
    { .name = "GroupWise",
      .value = SPAN_LIT("from GW-MTA by gw.example.org\r\n"
                        "\twith Novell_GroupWise; Sat, 21 Nov 2026 03:15:30 -0700"),
      .helo = "GW-MTA",
      .by = "gw.example.org",
      .with = "Novell_GroupWise",
      .time = AT_10_15_30 },
    { .name = "Sun Messaging",
      .value =
          SPAN_LIT("from pc.example.net ([10.1.1.9]) by msg.example.org\r\n"
                   "\t(Sun Java(tm) System Messaging Server 7.3-11.01 64bit (built Sep 1 2009))\r\n"
                   "\twith ESMTP id <0KX300ABCDEF@msg.example.org> for foo@example.org; Sat, 21 "
                   "Nov 2026 10:15:30 +0000"),
      .helo = "pc.example.net",
      .ip = "10.1.1.9",
      .by = "msg.example.org",
      .with = "ESMTP",
      .id = "0KX300ABCDEF@msg.example.org",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "Oracle Messaging",
      .value = SPAN_LIT(
          "from gate.example.net (gate.example.net [192.0.2.90])\r\n"
          " by msg.example.org\r\n"
          " (Oracle Communications Messaging Server 8.1.0.9.20210415 64bit (built Apr 15\r\n"
          " 2021)) with ESMTPS id <1PNQ12EWZGJWSY94@msg.example.org>; Sat,\r\n"
          " 21 Nov 2026 10:15:30 +0000 (GMT)"),
      .helo = "gate.example.net",
      .rdns = "gate.example.net",
      .ip = "192.0.2.90",
      .by = "msg.example.org",
      .with = "ESMTPS",
      .id = "1PNQ12EWZGJWSY94@msg.example.org",
      .time = AT_10_15_30 },
    { .name = "PMDF",
      .value =
          SPAN_LIT("from VAX.EXAMPLE.ORG by VAX.EXAMPLE.ORG (PMDF V4.3-10 #8779)\r\n"
                   "\tid <23MLGLW38TLZ931GKY@VAX.EXAMPLE.ORG>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "VAX.EXAMPLE.ORG",
      .by = "VAX.EXAMPLE.ORG",
      .id = "23MLGLW38TLZ931GKY@VAX.EXAMPLE.ORG",
      .time = AT_10_15_30 },
    { .name = "Kerio Connect",
      .value = SPAN_LIT("from webmail.example.org ([192.168.37.37])\r\n"
                        "\t(authenticated user foo@example.org)\r\n"
                        "\tby kerio.example.org (Kerio Connect 9.4.2 patch 1) with ESMTPSA\r\n"
                        "\t(using TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256 bits));\r\n"
                        "\tSat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "webmail.example.org",
      .ip = "192.168.37.37",
      .by = "kerio.example.org",
      .with = "ESMTPSA",
      .time = AT_10_15_30 },
    { .name = "hMailServer",
      .value = SPAN_LIT("from pc.example.net (dsl-9.example.net [203.0.113.90])\r\n"
                        "\tby hmail.example.org with ESMTPSA\r\n"
                        "\t(version=TLSv1.2 cipher=ECDHE-RSA-AES256-GCM-SHA384 bits=256)\r\n"
                        "\t; Sat, 21 Nov 2026 11:15:30 +0100"),
      .helo = "pc.example.net",
      .rdns = "dsl-9.example.net",
      .ip = "203.0.113.90",
      .by = "hmail.example.org",
      .with = "ESMTPSA",
      .time = AT_10_15_30 },
    { .name = "Zoho",
      .value = SPAN_LIT("by mx.zohomail.example with SMTPS id 4323344183551379.6639189777728;\r\n"
                        "\tSat, 21 Nov 2026 02:15:30 -0800 (PST)"),
      .by = "mx.zohomail.example",
      .with = "SMTPS",
      .id = "4323344183551379.6639189777728",
      .time = AT_10_15_30 },
    { .name = "Mailgun",
      .value = SPAN_LIT(
          "from [172.17.0.3] (203.0.113.91 [203.0.113.91])\r\n"
          " by ef3cc1c1a1f9 with SMTP id 714a483a61a13ea6e12473f5; Sat, 21 Nov 2026 10:15:30 GMT"),
      .helo = "172.17.0.3",
      .ip = "203.0.113.91",
      .by = "ef3cc1c1a1f9",
      .with = "SMTP",
      .id = "714a483a61a13ea6e12473f5",
      .time = AT_10_15_30 },
    { .name = "SendGrid",
      .value = SPAN_LIT("from YkF4PCg3Un (unknown)\r\n"
                        "\tby ismtpd0006e5erh2.sendgrid.example (SG) with HTTP\r\n"
                        "\tid gtTLZG9kJz-QtnfnBu-utm for <foo@example.com>;\r\n"
                        "\tSat, 21 Nov 2026 10:15:30.516 +0000 (UTC)"),
      .helo = "YkF4PCg3Un",
      .by = "ismtpd0006e5erh2.sendgrid.example",
      .with = "HTTP",
      .id = "gtTLZG9kJz-QtnfnBu-utm",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "Brevo, full month name",
      .value = SPAN_LIT(
          "by relay.sendinblue.example with ESMTP id c292ea4d-97cd-8654-b425-e86fd5e2297b; Sat, 21 "
          "November 2026 10:15:30 +0000 (UTC)"),
      .by = "relay.sendinblue.example",
      .with = "ESMTP",
      .id = "c292ea4d-97cd-8654-b425-e86fd5e2297b",
      .time = AT_10_15_30 },
    { .name = "Horde",
      .value = SPAN_LIT(
          "from localhost.localdomain (localhost.localdomain [127.0.0.1]) by\r\n"
          " www.example.org (Horde Framework) with HTTPS; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "localhost.localdomain",
      .rdns = "localhost.localdomain",
      .ip = "127.0.0.1",
      .by = "www.example.org",
      .with = "HTTPS",
      .time = AT_10_15_30 },
    { .name = "SquirrelMail",
      .value = SPAN_LIT("from 203.0.113.92 (SquirrelMail authenticated user foo)\r\n"
                        "\tby www.example.org with HTTP; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "203.0.113.92",
      .ip = "203.0.113.92",
      .by = "www.example.org",
      .with = "HTTP",
      .time = AT_10_15_30 },
    { .name = "XMail",
      .value = SPAN_LIT("from list.example.net (192.0.2.93:58298)\r\n"
                        "\tby mx.example.org (198.51.100.93:25) with [XMail 1.20 ESMTP Server]\r\n"
                        "\tid <L95A> for <foo@example.org> from <bounce-1@list.example.net>;\r\n"
                        "\tSat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "list.example.net",
      .ip = "192.0.2.93",
      .by = "mx.example.org",
      .with = "ESMTP",
      .id = "L95A",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "Momentum",
      .value = SPAN_LIT(
          "from ([192.168.1.151:57442] helo=app.example.net)\r\n"
          "\tby m12.example.org (ecelerity 2.1.1.3 r(11743)) with ESMTP\r\n"
          "\tid 85/46-86624-24DBC481 for <foo@example.org>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "app.example.net",
      .ip = "192.168.1.151",
      .by = "m12.example.org",
      .with = "ESMTP",
      .id = "85/46-86624-24DBC481",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "IronPort",
      .value = SPAN_LIT("from unknown (HELO smtp.example.net) ([192.0.2.94])\r\n"
                        "  by esa1.example.org with ESMTP/TLS/ECDHE-RSA-AES256-GCM-SHA384; 21 Nov "
                        "2026 11:15:30 +0100"),
      .helo = "smtp.example.net",
      .ip = "192.0.2.94",
      .by = "esa1.example.org",
      .with = "ESMTP",
      .time = AT_10_15_30 },
    { .name = "qmail-scanner",
      .value = SPAN_LIT("from 192.0.2.95 by scan.example.org (envelope-from <bar@example.net>, uid "
                        "502) with qmail-scanner-1.24\r\n"
                        "\t(clamdscan: 0.99/1. Clear:RC:0(192.0.2.95):. Processed in 6.278911 "
                        "secs); 21 Nov 2026 10:15:30 -0000"),
      .helo = "192.0.2.95",
      .ip = "192.0.2.95",
      .by = "scan.example.org",
      .with = "qmail-scanner-1.24",
      .time = AT_10_15_30 },
    { .name = "smap",
      .value = SPAN_LIT("from gate.example.net(192.0.2.96) by fw.example.org via smap (V1.3)\r\n"
                        "\tid xma131257; Sat, 21 Nov 26 04:15:30 -0600"),
      .helo = "gate.example.net",
      .ip = "192.0.2.96",
      .by = "fw.example.org",
      .via = "smap",
      .id = "xma131257",
      .time = AT_10_15_30 },
    { .name = "via with an address in a comment",
      .value =
          SPAN_LIT("from a.example.net ([192.0.2.97]) by fw.example.org\r\n"
                   "\tvia smtpd (for [198.51.100.98]) with SMTP; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .ip = "192.0.2.97",
      .by = "fw.example.org",
      .via = "smtpd",
      .with = "SMTP",
      .time = AT_10_15_30 },
};

#endif
