#ifndef COEXIST_TESTS_RECEIVED_CASES_BROKEN_H
#define COEXIST_TESTS_RECEIVED_CASES_BROKEN_H

#include "tests/unit/core/received_case.h"

/* Odd and broken fields. */

static const struct received_case received_cases_broken[] = {
    { .name = "keywords in capitals",
      .value =
          SPAN_LIT("FROM a.example.net (b.example.net [192.0.2.98]) BY mx.example.org WITH SMTP ID "
                   "<B1@mx.example.org> FOR <foo@example.org>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .rdns = "b.example.net",
      .ip = "192.0.2.98",
      .by = "mx.example.org",
      .with = "SMTP",
      .id = "B1@mx.example.org",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "by a literal",
      .value = SPAN_LIT(
          "from no.name.available by [198.51.100.99] with ESMTP; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "no.name.available",
      .by = "198.51.100.99",
      .with = "ESMTP",
      .time = AT_10_15_30 },
    { .name = "by in angle brackets",
      .value = SPAN_LIT("from [192.168.0.13] by <server> (MailGate 3.5.172) with SMTP; Sat, 21 Nov "
                        "2026 10:15:30 +0000"),
      .helo = "192.168.0.13",
      .ip = "192.168.0.13",
      .by = "server",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "two recipients",
      .value = SPAN_LIT("from a.example.net by mx.example.org with ESMTP id 1 for "
                        "<foo@example.org>, <bar@example.org>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .with = "ESMTP",
      .id = "1",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "two bare recipients",
      .value = SPAN_LIT("from a.example.net by mx.example.org for foo@example.org,bar@example.org; "
                        "Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "for in prose",
      .value = SPAN_LIT("from a.example.net by mx.example.org for multiple recipients; Sat, 21 Nov "
                        "2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .time = AT_10_15_30 },
    { .name = "for nobody",
      .value = SPAN_LIT("by mx.example.org id 7 for <>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .by = "mx.example.org",
      .id = "7",
      .time = AT_10_15_30 },
    { .name = "for behind the date",
      .value = SPAN_LIT("from a.example.net (192.0.2.99) by 127.0.0.1 (EzMTS 1.55) ; Sat, 21 Nov "
                        "2026 10:15:30 +0000 for <foo@example.org>"),
      .helo = "a.example.net",
      .ip = "192.0.2.99",
      .by = "127.0.0.1",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "date in ctime order",
      .value = SPAN_LIT("from a.example.net by b.example.org ; Sat Nov 21 02:15:30 2026 -0800"),
      .helo = "a.example.net",
      .by = "b.example.org",
      .time = AT_10_15_30 },
    { .name = "no semicolon",
      .value = SPAN_LIT("from a.example.net ([192.0.2.100]) by mx.example.org with ESMTP id "
                        "EGF4cGH3 Sat, 21 Nov 2026 02:15:30 -0800 (PST)"),
      .helo = "a.example.net",
      .ip = "192.0.2.100",
      .by = "mx.example.org",
      .with = "ESMTP",
      .id = "EGF4cGH3",
      .time = AT_10_15_30 },
    { .name = "no semicolon, no day name",
      .value =
          SPAN_LIT("from a.example.net by mx.example.org with SMTP 21 Nov 2026 10:15:30 -0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "no date",
      .value = SPAN_LIT(
          "from a.example.net ([192.0.2.101]) by mx.example.org with ESMTP id 5WtZXt-4959Nr-3q"),
      .helo = "a.example.net",
      .ip = "192.0.2.101",
      .by = "mx.example.org",
      .with = "ESMTP",
      .id = "5WtZXt-4959Nr-3q",
      .time = NO_TIME },
    { .name = "a date that is none",
      .value = SPAN_LIT("from a.example.net by mx.example.org id 9; 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .id = "9",
      .time = NO_TIME },
    { .name = "semicolon in the middle",
      .value = SPAN_LIT("from a.example.net; by mx.example.org; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .time = AT_10_15_30 },
    { .name = "junk around the date",
      .value = SPAN_LIT("from a.example.net ([unix socket])_ by mx.example.org (Cyrus v2.3.14) "
                        "with LMTPA;_ Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .with = "LMTPA",
      .time = AT_10_15_30 },
    { .name = "only a date",
      .value = SPAN_LIT("Sat, 21 Nov 2026 10:15:30 +0000"),
      .time = AT_10_15_30 },
    { .name = "only a semicolon and a date",
      .value = SPAN_LIT("; Sat, 21 Nov 2026 10:15:30 +0000"),
      .time = AT_10_15_30 },
    { .name = "only a ctime date",
      .value = SPAN_LIT("Sat Nov 21 10:15:30 2026"),
      .time = AT_10_15_30 },
    { .name = "empty", .value = SPAN_LIT(""), .time = NO_TIME, .opaque = true },
    { .name = "only blanks",
      .value = SPAN_LIT(" \r\n"
                        "\t \r\n"),
      .time = NO_TIME,
      .opaque = true },
    { .name = "only junk",
      .value = SPAN_LIT("hello, world; (nothing) to see [here]"),
      .time = NO_TIME,
      .opaque = true },
    { .name = "only marks",
      .value = SPAN_LIT("((((<<<<[[[[;;;;))))"),
      .time = NO_TIME,
      .opaque = true },
    { .name = "no by",
      .value = SPAN_LIT("from a.example.net ([192.0.2.102]) with MailEnable ESMTP; Sat, 21 Nov "
                        "2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .ip = "192.0.2.102",
      .with = "ESMTP",
      .time = AT_10_15_30 },
    { .name = "no name behind from",
      .value = SPAN_LIT(
          "from ([192.0.2.103]) by mx.example.org with ESMTP ; Sat, 21 Nov 2026 10:15:30 +0000"),
      .ip = "192.0.2.103",
      .by = "mx.example.org",
      .with = "ESMTP",
      .time = AT_10_15_30 },
    { .name = "no name, address doubled",
      .value = SPAN_LIT(
          "from (192.0.2.104 [192.0.2.104]) by mx.example.org; Sat, 21 Nov 2026 10:15:30 +0000"),
      .ip = "192.0.2.104",
      .by = "mx.example.org",
      .time = AT_10_15_30 },
    { .name = "no host behind by",
      .value = SPAN_LIT(
          "from a.example.net by (Postfix) with SMTP id 5; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .with = "SMTP",
      .id = "5",
      .time = AT_10_15_30 },
    { .name = "greeting that is a keyword",
      .value = SPAN_LIT("from by (evil.example.net [203.0.113.104]) by mx.example.org (Postfix) "
                        "with SMTP id 6; Sat, 21 Nov 2026 10:15:30 +0000"),
      .by = "mx.example.org",
      .with = "SMTP",
      .id = "6",
      .time = AT_10_15_30 },
    { .name = "by twice: the first counts",
      .value = SPAN_LIT("from a.example.net by scan1 by uid 6488 with qmail-scanner-1.14; Sat, 21 "
                        "Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "scan1",
      .with = "qmail-scanner-1.14",
      .time = AT_10_15_30 },
    { .name = "from twice: the first counts",
      .value = SPAN_LIT("from a.example.net by mx.example.org via smail from stdin id "
                        "<m1@mx.example.org>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .via = "smail",
      .id = "m1@mx.example.org",
      .time = AT_10_15_30 },
    { .name = "comment never closed",
      .value = SPAN_LIT("from a.example.net (b.example.net [192.0.2.105] by mx.example.org with "
                        "SMTP id 8; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .rdns = "b.example.net",
      .ip = "192.0.2.105",
      .by = "mx.example.org",
      .with = "SMTP",
      .id = "8",
      .time = AT_10_15_30 },
    { .name = "comment never closed behind by",
      .value = SPAN_LIT("from a.example.net by mx.example.org (Postfix with SMTP id 81; Sat, 21 "
                        "Nov 2026 10:15:30 +0000 (UTC)"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .with = "SMTP",
      .id = "81",
      .time = AT_10_15_30 },
    { .name = "comment closed only",
      .value = SPAN_LIT("from a.example.net [192.0.2.106] verify=FAIL) by mx.example.org; Sat, 21 "
                        "Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .ip = "192.0.2.106",
      .by = "mx.example.org",
      .time = AT_10_15_30 },
    { .name = "nested comments",
      .value = SPAN_LIT("from (a (b (c) d) e) a.example.net by mx.example.org (x (y; id 1) by z) "
                        "with ESMTP (q (r)) id 10; Sat, 21 Nov 2026 10:15:30 +0000"),
      .by = "mx.example.org",
      .with = "ESMTP",
      .id = "10",
      .time = AT_10_15_30 },
    { .name = "quoted pairs in comments",
      .value = SPAN_LIT("from a.example.net (DOMAIN\\user \\) [192.0.2.107]) by mx.example.org "
                        "(\\() with SMTP; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .ip = "192.0.2.107",
      .by = "mx.example.org",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "bracket never closed",
      .value = SPAN_LIT(
          "from [192.0.2.108 by mx.example.org with SMTP; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "192.0.2.108",
      .ip = "192.0.2.108",
      .by = "mx.example.org",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "angle never closed",
      .value = SPAN_LIT("from a.example.net by mx.example.org for <foo@example.org; Sat, 21 Nov "
                        "2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "no blanks around marks",
      .value =
          SPAN_LIT("from a.example.net(b.example.net[192.0.2.109])by mx.example.org(Postfix)with "
                   "ESMTP id<1@x>for<foo@example.org>;Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .rdns = "b.example.net",
      .ip = "192.0.2.109",
      .by = "mx.example.org",
      .with = "ESMTP",
      .id = "1@x",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "folded within parts",
      .value = SPAN_LIT("from\r\n"
                        " a.example.net\r\n"
                        " (\r\n"
                        " b.example.net\r\n"
                        " [192.0.2.110]\r\n"
                        " )\r\n"
                        " by\r\n"
                        " mx.example.org\r\n"
                        " with\r\n"
                        " Microsoft\r\n"
                        " SMTP\r\n"
                        " Server\r\n"
                        " id\r\n"
                        " 11\r\n"
                        " for\r\n"
                        " <foo@example.org>\r\n"
                        " ;\r\n"
                        " Sat,\r\n"
                        " 21\r\n"
                        " Nov\r\n"
                        " 2026\r\n"
                        " 10:15:30\r\n"
                        " +0000"),
      .helo = "a.example.net",
      .rdns = "b.example.net",
      .ip = "192.0.2.110",
      .by = "mx.example.org",
      .with = "SMTP",
      .id = "11",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "lone line ends",
      .value = SPAN_LIT("from a.example.net\n"
                        " by mx.example.org\r with ESMTP\n"
                        " id 12; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .with = "ESMTP",
      .id = "12",
      .time = AT_10_15_30 },
    { .name = "NUL octets",
      .value = SPAN_LIT(
          "from a.example.net\0by mx.example.org\0with SMTP; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "8-bit octets",
      .value = SPAN_LIT("from b\xc3\xbc"
                        "cher.example (b\xc3\xbc"
                        "cher.example [192.0.2.111]) by mx.example.org (\xc3\xa9\xc3\xa8) with "
                        "SMTP id 13\xc3\x9f; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "b\xc3\xbc"
              "cher.example",
      .rdns = "b\xc3\xbc"
              "cher.example",
      .ip = "192.0.2.111",
      .by = "mx.example.org",
      .with = "SMTP",
      .id = "13\xc3\x9f",
      .time = AT_10_15_30 },
    { .name = "address with a zone",
      .value = SPAN_LIT("from a.example.net ([fe80::12%eth0]) by mx.example.org; Sat, 21 Nov 2026 "
                        "10:15:30 +0000"),
      .helo = "a.example.net",
      .ip = "fe80::12",
      .by = "mx.example.org",
      .time = AT_10_15_30 },
    { .name = "key without a value",
      .value = SPAN_LIT("from a.example.net (ident= [192.0.2.112]) by mx.example.org; Sat, 21 Nov "
                        "2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .ip = "192.0.2.112",
      .by = "mx.example.org",
      .time = AT_10_15_30 },
    { .name = "greeting in a comment of its own, behind the address",
      .value = SPAN_LIT("from host.example.net (192.0.2.113, HELO a.example.net) by "
                        "mx.example.org; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .rdns = "host.example.net",
      .ip = "192.0.2.113",
      .by = "mx.example.org",
      .time = AT_10_15_30 },
    { .name = "with twice: the first protocol counts",
      .value = SPAN_LIT("from a.example.net by mx.example.org with Example Relay ESMTPS with LMTP; "
                        "Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .with = "ESMTPS",
      .time = AT_10_15_30 },
    { .name = "address that is none",
      .value = SPAN_LIT("from a.example.net ([10.0.8.6.13219]) by mx.example.org; Sat, 21 Nov 2026 "
                        "10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .time = AT_10_15_30 },
    { .name = "address out of range",
      .value = SPAN_LIT(
          "from a.example.net ([192.0.2.256]) by mx.example.org; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .by = "mx.example.org",
      .time = AT_10_15_30 },
};

#endif
