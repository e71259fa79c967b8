#ifndef COEXIST_TESTS_RECEIVED_CASES_HOSTED_H
#define COEXIST_TESTS_RECEIVED_CASES_HOSTED_H

#include "tests/unit/core/received_case.h"

/* Exchange, Gmail, Zimbra and their filters. */

static const struct received_case received_cases_hosted[] = {
    { .name = "Exchange on premises",
      .value =
          SPAN_LIT("from EX02.corp.example.com (10.45.252.152) by EX01.corp.example.com\r\n"
                   " (10.45.252.151) with Microsoft SMTP Server (version=TLS1_2,\r\n"
                   " cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.1.2507.39; Sat, 21 Nov\r\n"
                   " 2026 11:15:30 +0100"),
      .helo = "EX02.corp.example.com",
      .ip = "10.45.252.152",
      .by = "EX01.corp.example.com",
      .with = "SMTP",
      .id = "15.1.2507.39",
      .time = AT_10_15_30 },
    { .name = "Exchange frontend",
      .value = SPAN_LIT(
          "from app.corp.example.com (10.45.1.9) by EX01.corp.example.com (10.45.252.151)\r\n"
          " with Microsoft SMTP Server id 15.1.2507.39 via Frontend Transport; Sat, 21\r\n"
          " Nov 2026 11:15:30 +0100"),
      .helo = "app.corp.example.com",
      .ip = "10.45.1.9",
      .by = "EX01.corp.example.com",
      .via = "Frontend Transport",
      .with = "SMTP",
      .id = "15.1.2507.39",
      .time = AT_10_15_30 },
    { .name = "Exchange mailbox delivery",
      .value = SPAN_LIT(
          "from EX02.corp.example.com (10.45.252.152) by EX01.corp.example.com\r\n"
          " (10.45.252.151) with Microsoft SMTP Server (TLS) id 15.0.1497.48 via Mailbox\r\n"
          " Transport; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "EX02.corp.example.com",
      .ip = "10.45.252.152",
      .by = "EX01.corp.example.com",
      .via = "Mailbox\r\n Transport",
      .with = "SMTP",
      .id = "15.0.1497.48",
      .time = AT_10_15_30 },
    { .name = "Exchange mapi",
      .value = SPAN_LIT("from EX01.corp.example.com ([fe80::86fa:f274:db76:2787]) by\r\n"
                        " EX01.corp.example.com ([fe80::86fa:f274:db76:2787%6]) with mapi id\r\n"
                        " 15.01.2507.039; Sat, 21 Nov 2026 11:15:30 +0100"),
      .helo = "EX01.corp.example.com",
      .ip = "fe80::86fa:f274:db76:2787",
      .by = "EX01.corp.example.com",
      .with = "mapi",
      .id = "15.01.2507.039",
      .time = AT_10_15_30 },
    { .name = "Exchange mapi, old",
      .value = SPAN_LIT("from EX01.corp.example.com ([10.45.252.151]) by EX01.corp.example.com\r\n"
                        " ([10.45.252.151]) with mapi; Sat, 21 Nov 2026 11:15:30 +0100"),
      .helo = "EX01.corp.example.com",
      .ip = "10.45.252.151",
      .by = "EX01.corp.example.com",
      .with = "mapi",
      .time = AT_10_15_30 },
    { .name = "Exchange Online between mailboxes",
      .value = SPAN_LIT(
          "from DB7PR01MB1234.prod.outlook.example (2603:10a6:10:43::17) by\r\n"
          " AM6PR01MB5678.prod.outlook.example (2603:10a6:20b:5e::22) with Microsoft SMTP\r\n"
          " Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id\r\n"
          " 15.20.8182.12; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "DB7PR01MB1234.prod.outlook.example",
      .ip = "2603:10a6:10:43::17",
      .by = "AM6PR01MB5678.prod.outlook.example",
      .with = "SMTP",
      .id = "15.20.8182.12",
      .time = AT_10_15_30 },
    { .name = "Exchange Online frontend",
      .value = SPAN_LIT(
          "from mail.example.com (192.0.2.60) by DB5EUR03FT012.mail.protection.outlook.example\r\n"
          " (10.152.20.145) with Microsoft SMTP Server (version=TLS1_3,\r\n"
          " cipher=TLS_AES_256_GCM_SHA384) id 15.20.8182.12 via Frontend Transport;\r\n"
          " Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mail.example.com",
      .ip = "192.0.2.60",
      .by = "DB5EUR03FT012.mail.protection.outlook.example",
      .via = "Frontend Transport",
      .with = "SMTP",
      .id = "15.20.8182.12",
      .time = AT_10_15_30 },
    { .name = "Exchange Online mapi",
      .value = SPAN_LIT("from AM6PR01MB5678.prod.outlook.example ([fe80::1]) by\r\n"
                        " AM6PR01MB5678.prod.outlook.example ([fe80::1%3]) with mapi id\r\n"
                        " 15.20.8182.011; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "AM6PR01MB5678.prod.outlook.example",
      .ip = "fe80::1",
      .by = "AM6PR01MB5678.prod.outlook.example",
      .with = "mapi",
      .id = "15.20.8182.011",
      .time = AT_10_15_30 },
    { .name = "Exchange Online by HTTPS",
      .value = SPAN_LIT(
          "from DB7PR01MB1234.prod.outlook.example (2603:10a6:10:43::17) by\r\n"
          " AM6PR01MB5678.prod.outlook.example with HTTPS; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "DB7PR01MB1234.prod.outlook.example",
      .ip = "2603:10a6:10:43::17",
      .by = "AM6PR01MB5678.prod.outlook.example",
      .with = "HTTPS",
      .time = AT_10_15_30 },
    { .name = "with written twice",
      .value = SPAN_LIT("from a.example.com (10.194.241.197) by b.example.com (10.194.241.198) "
                        "with with HTTPS; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.com",
      .ip = "10.194.241.197",
      .by = "b.example.com",
      .with = "HTTPS",
      .time = AT_10_15_30 },
    { .name = "IIS SMTP service",
      .value = SPAN_LIT(
          "from web01 ([10.0.0.8]) by smtp.example.com with Microsoft SMTPSVC(8.5.9600.16384);\r\n"
          "\t Sat, 21 Nov 2026 11:15:30 +0100"),
      .helo = "web01",
      .ip = "10.0.0.8",
      .by = "smtp.example.com",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "IIS pickup folder",
      .value = SPAN_LIT("from mail pickup service by smtp.example.com with Microsoft SMTPSVC; Sat, "
                        "21 Nov 2026 10:15:30 +0000"),
      .helo = "mail",
      .by = "smtp.example.com",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "Exchange 5.5",
      .value = SPAN_LIT("by EX55 with Internet Mail Service (5.5.2653.19)\r\n"
                        "\tid <71DA5RP2>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .by = "EX55",
      .with = "Internet",
      .id = "71DA5RP2",
      .time = AT_10_15_30 },
    { .name = "Gmail internal",
      .value = SPAN_LIT("by 2002:a05:6214:162a:b0:4a9:1234:5678 with SMTP id e10csp123456qvw;\r\n"
                        "        Sat, 21 Nov 2026 02:15:30 -0800 (PST)"),
      .by = "2002:a05:6214:162a:b0:4a9:1234:5678",
      .with = "SMTP",
      .id = "e10csp123456qvw",
      .time = AT_10_15_30 },
    { .name = "Gmail outgoing",
      .value = SPAN_LIT(
          "by mail-ed1-f41.google.example with SMTP id 4fb4d7f45d1cf-5cfa1ec3b94so123456a12.1\r\n"
          "        for <foo@example.com>; Sat, 21 Nov 2026 02:15:30 -0800 (PST)"),
      .by = "mail-ed1-f41.google.example",
      .with = "SMTP",
      .id = "4fb4d7f45d1cf-5cfa1ec3b94so123456a12.1",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "Gmail incoming",
      .value = SPAN_LIT("from mail.example.com (mail.example.com. [192.0.2.61])\r\n"
                        "        by mx.google.example with ESMTPS id "
                        "a1-20020aa7d000000b0044e5f28bfd2si123.45.2026.11.21.02.15.30\r\n"
                        "        for <bar@gmail.example>\r\n"
                        "        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n"
                        "        Sat, 21 Nov 2026 02:15:30 -0800 (PST)"),
      .helo = "mail.example.com",
      .rdns = "mail.example.com",
      .ip = "192.0.2.61",
      .by = "mx.google.example",
      .with = "ESMTPS",
      .id = "a1-20020aa7d000000b0044e5f28bfd2si123.45.2026.11.21.02.15.30",
      .for_ = "bar@gmail.example",
      .time = AT_10_15_30 },
    { .name = "Gmail submission",
      .value =
          SPAN_LIT("from ?IPV6:2001:db8:44::5? ([2001:db8:44::5])\r\n"
                   "        by smtp.gmail.example with ESMTPSA id x10sm123.2026.11.21.02.15.29\r\n"
                   "        for <foo@example.com>\r\n"
                   "        (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);\r\n"
                   "        Sat, 21 Nov 2026 02:15:30 -0800 (PST)"),
      .helo = "?IPV6:2001:db8:44::5?",
      .ip = "2001:db8:44::5",
      .by = "smtp.gmail.example",
      .with = "ESMTPSA",
      .id = "x10sm123.2026.11.21.02.15.29",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "Gmail submission without ESMTP",
      .value = SPAN_LIT("from localhost ([203.0.113.61]) by smtp.gmail.example with SMTPSA id y1; "
                        "Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "localhost",
      .ip = "203.0.113.61",
      .by = "smtp.gmail.example",
      .with = "SMTPSA",
      .id = "y1",
      .time = AT_10_15_30 },
    { .name = "Gmail API",
      .value = SPAN_LIT("from 513725125242 named unknown by gmailapi.google.example with HTTPREST; "
                        "Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "513725125242",
      .by = "gmailapi.google.example",
      .with = "HTTPREST",
      .time = AT_10_15_30 },
    { .name = "Zimbra through the filter",
      .value = SPAN_LIT("from localhost (localhost [127.0.0.1])\r\n"
                        "\tby mta.example.com (Zimbra) with ESMTP id 5D4C3B2A\r\n"
                        "\tfor <foo@example.com>; Sat, 21 Nov 2026 11:15:30 +0100 (CET)"),
      .helo = "localhost",
      .rdns = "localhost",
      .ip = "127.0.0.1",
      .by = "mta.example.com",
      .with = "ESMTP",
      .id = "5D4C3B2A",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "Zimbra mailbox",
      .value = SPAN_LIT("from mta.example.com (LHLO mta.example.com) (10.2.2.20) by\r\n"
                        "\tstore.example.com with LMTP; Sat, 21 Nov 2026 11:15:30 +0100 (CET)"),
      .helo = "mta.example.com",
      .rdns = "mta.example.com",
      .ip = "10.2.2.20",
      .by = "store.example.com",
      .with = "LMTP",
      .time = AT_10_15_30 },
    { .name = "Zimbra web client",
      .value = SPAN_LIT(
          "from store.example.com (store.example.com [10.2.2.21])\r\n"
          "\tby mta.example.com (Postfix) with ESMTPS id 6E; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "store.example.com",
      .rdns = "store.example.com",
      .ip = "10.2.2.21",
      .by = "mta.example.com",
      .with = "ESMTPS",
      .id = "6E",
      .time = AT_10_15_30 },
    { .name = "amavisd",
      .value = SPAN_LIT("from mta.example.com ([127.0.0.1])\r\n"
                        "\tby localhost (mta.example.com [127.0.0.1]) (amavisd-new, port 10024)\r\n"
                        "\twith ESMTP id Xy12Zz34Qq56 for <foo@example.com>;\r\n"
                        "\tSat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mta.example.com",
      .ip = "127.0.0.1",
      .by = "localhost",
      .with = "ESMTP",
      .id = "Xy12Zz34Qq56",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "amavis LMTP",
      .value = SPAN_LIT(
          "from mta.example.com ([127.0.0.1])\r\n"
          "\tby localhost (amavis.example.com [127.0.0.1]) (amavis, port 10024) with LMTP\r\n"
          "\tid abc-01-2; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mta.example.com",
      .ip = "127.0.0.1",
      .by = "localhost",
      .with = "LMTP",
      .id = "abc-01-2",
      .time = AT_10_15_30 },
};

#endif
