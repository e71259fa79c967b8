#ifndef COEXIST_TESTS_RECEIVED_CASES_UNIX_H
#define COEXIST_TESTS_RECEIVED_CASES_UNIX_H

#include "tests/unit/core/received_case.h"

/* Postfix, Sendmail, Exim and qmail. */

static const struct received_case received_cases_unix[] = {
    { .name = "postfix plain",
      .value = SPAN_LIT("from client.example.net (client.example.net [192.0.2.10])\r\n"
                        "\tby mx.example.com (Postfix) with ESMTP id 4B1C22A0F1\r\n"
                        "\tfor <foo@example.com>; Sat, 21 Nov 2026 10:15:30 +0000 (UTC)"),
      .helo = "client.example.net",
      .rdns = "client.example.net",
      .ip = "192.0.2.10",
      .by = "mx.example.com",
      .with = "ESMTP",
      .id = "4B1C22A0F1",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "postfix with TLS details",
      .value = SPAN_LIT(
          "from out.example.net (out.example.net [198.51.100.4])\r\n"
          "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n"
          "\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)\r\n"
          "\t(No client certificate requested)\r\n"
          "\tby mx.example.com (Postfix) with ESMTPS id 4XyZ9k2Lq7z1B\r\n"
          "\tfor <foo+x@example.com>; Sat, 21 Nov 2026 11:15:30 +0100 (CET)"),
      .helo = "out.example.net",
      .rdns = "out.example.net",
      .ip = "198.51.100.4",
      .by = "mx.example.com",
      .with = "ESMTPS",
      .id = "4XyZ9k2Lq7z1B",
      .for_ = "foo+x@example.com",
      .time = AT_10_15_30 },
    { .name = "postfix with a client certificate",
      .value = SPAN_LIT(
          "from out.example.net (out.example.net [198.51.100.4])\r\n"
          "\t(using TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits))\r\n"
          "\t(Client CN \"out.example.net\", Issuer \"Example CA\" (verified OK))\r\n"
          "\tby mx.example.com (Postfix) with ESMTPS id 77AD1; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "out.example.net",
      .rdns = "out.example.net",
      .ip = "198.51.100.4",
      .by = "mx.example.com",
      .with = "ESMTPS",
      .id = "77AD1",
      .time = AT_10_15_30 },
    { .name = "postfix with SASL",
      .value = SPAN_LIT("from [10.1.2.3] (dsl-7.example.net [203.0.113.7])\r\n"
                        "\t(Authenticated sender: foo@example.com)\r\n"
                        "\tby submit.example.com (Postfix) with ESMTPSA id 0A1B2C3D4E;\r\n"
                        "\tSat, 21 Nov 2026 05:15:30 -0500 (EST)"),
      .helo = "10.1.2.3",
      .rdns = "dsl-7.example.net",
      .ip = "203.0.113.7",
      .by = "submit.example.com",
      .with = "ESMTPSA",
      .id = "0A1B2C3D4E",
      .time = AT_10_15_30 },
    { .name = "postfix, reverse name unknown",
      .value = SPAN_LIT(
          "from friend (unknown [203.0.113.99])\r\n"
          "\tby mx.example.com (Postfix) with SMTP id 5C0FFEE; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "friend",
      .ip = "203.0.113.99",
      .by = "mx.example.com",
      .with = "SMTP",
      .id = "5C0FFEE",
      .time = AT_10_15_30 },
    { .name = "postfix over IPv6",
      .value = SPAN_LIT(
          "from six.example.net (six.example.net [IPv6:2001:db8:1::25])\r\n"
          "\tby mx.example.com (Postfix) with ESMTPS id 99; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "six.example.net",
      .rdns = "six.example.net",
      .ip = "2001:db8:1::25",
      .by = "mx.example.com",
      .with = "ESMTPS",
      .id = "99",
      .time = AT_10_15_30 },
    { .name = "postfix, IPv6 literal as the greeting",
      .value = SPAN_LIT(
          "from [IPv6:2001:db8::7] (unknown [IPv6:2001:db8::7])\r\n"
          "\tby mx.example.com (Postfix) with ESMTPSA id 98; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "2001:db8::7",
      .ip = "2001:db8::7",
      .by = "mx.example.com",
      .with = "ESMTPSA",
      .id = "98",
      .time = AT_10_15_30 },
    { .name = "postfix, IPv6 loopback",
      .value = SPAN_LIT(
          "from zimbra.example.com (localhost [IPv6:::1])\r\n"
          "\tby zimbra.example.com (Postfix) with ESMTP id 97; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "zimbra.example.com",
      .rdns = "localhost",
      .ip = "::1",
      .by = "zimbra.example.com",
      .with = "ESMTP",
      .id = "97",
      .time = AT_10_15_30 },
    { .name = "postfix pickup",
      .value = SPAN_LIT("by mx.example.com (Postfix, from userid 0)\r\n"
                        "\tid 3E8B41F0C2; Sat, 21 Nov 2026 11:15:30 +0100 (CET)"),
      .by = "mx.example.com",
      .id = "3E8B41F0C2",
      .time = AT_10_15_30 },
    { .name = "postfix bounce",
      .value = SPAN_LIT("by mx.example.com (Postfix)\r\n"
                        "\tid 8D2F77; Sat, 21 Nov 2026 10:15:30 +0000 (UTC)"),
      .by = "mx.example.com",
      .id = "8D2F77",
      .time = AT_10_15_30 },
    { .name = "postfix, client attributes lost by a proxy",
      .value = SPAN_LIT(
          "from filter.example.com (unknown [unknown])\r\n"
          "\tby mx.example.com (Postfix) with ESMTP id AA01; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "filter.example.com",
      .by = "mx.example.com",
      .with = "ESMTP",
      .id = "AA01",
      .time = AT_10_15_30 },
    { .name = "postfix XFORWARD through a content filter",
      .value = SPAN_LIT("from mail.example.org (mail.example.org [198.51.100.20])\r\n"
                        "\tby filter.example.com (Postfix) with ESMTP id BB02\r\n"
                        "\tfor <foo@example.com>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mail.example.org",
      .rdns = "mail.example.org",
      .ip = "198.51.100.20",
      .by = "filter.example.com",
      .with = "ESMTP",
      .id = "BB02",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "postfix LMTP to a mailbox server",
      .value = SPAN_LIT("from mx.example.com (mx.example.com [192.0.2.1])\r\n"
                        "\tby imap.example.com (Postfix) with LMTP id CC03\r\n"
                        "\tfor <foo@example.com>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "mx.example.com",
      .rdns = "mx.example.com",
      .ip = "192.0.2.1",
      .by = "imap.example.com",
      .with = "LMTP",
      .id = "CC03",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "postfix SMTPUTF8",
      .value = SPAN_LIT("from uni.example.net (uni.example.net [192.0.2.77])\r\n"
                        "\tby mx.example.com (Postfix) with UTF8SMTPS id DD04\r\n"
                        "\tfor <b\xc3\xbc"
                        "cher@example.com>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "uni.example.net",
      .rdns = "uni.example.net",
      .ip = "192.0.2.77",
      .by = "mx.example.com",
      .with = "UTF8SMTPS",
      .id = "DD04",
      .for_ = "b\xc3\xbc"
              "cher@example.com",
      .time = AT_10_15_30 },
    { .name = "postfix, quoted local part",
      .value = SPAN_LIT("from a.example.net (a.example.net [192.0.2.78])\r\n"
                        "\tby mx.example.com (Postfix) with ESMTP id EE05\r\n"
                        "\tfor <\"foo; bar>\"@example.com>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .rdns = "a.example.net",
      .ip = "192.0.2.78",
      .by = "mx.example.com",
      .with = "ESMTP",
      .id = "EE05",
      .for_ = "\"foo; bar>\"@example.com",
      .time = AT_10_15_30 },
    { .name = "sendmail",
      .value = SPAN_LIT("from relay.example.net (relay.example.net [192.0.2.30])\r\n"
                        "\tby mail.example.com (8.17.1/8.17.1) with ESMTPS id 3ALAFUxQ012345\r\n"
                        "\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NO)\r\n"
                        "\tfor <foo@example.com>; Sat, 21 Nov 2026 10:15:30 GMT"),
      .helo = "relay.example.net",
      .rdns = "relay.example.net",
      .ip = "192.0.2.30",
      .by = "mail.example.com",
      .with = "ESMTPS",
      .id = "3ALAFUxQ012345",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "sendmail, may be forged",
      .value =
          SPAN_LIT("from relay.example.net (host30.example.org [192.0.2.30] (may be forged))\r\n"
                   "\tby mail.example.com (8.15.2/8.15.2) with ESMTP id uALA1; Sat, 21 Nov 2026 "
                   "10:15:30 +0000"),
      .helo = "relay.example.net",
      .rdns = "host30.example.org",
      .ip = "192.0.2.30",
      .by = "mail.example.com",
      .with = "ESMTP",
      .id = "uALA1",
      .time = AT_10_15_30 },
    { .name = "sendmail with ident",
      .value = SPAN_LIT("from box.example.net (IDENT:alice@box.example.net [192.0.2.31])\r\n"
                        "\tby mail.example.com (8.9.3/8.9.3) with SMTP id YBF76835; Sat, 21 Nov "
                        "2026 10:15:30 +0000"),
      .helo = "box.example.net",
      .rdns = "box.example.net",
      .ip = "192.0.2.31",
      .by = "mail.example.com",
      .with = "SMTP",
      .id = "YBF76835",
      .time = AT_10_15_30 },
    { .name = "sendmail, ident but no reverse name",
      .value = SPAN_LIT("from xyzzy (bob@[203.0.113.5])\r\n"
                        "\tby mail.example.com (8.11.6/8.11.6) with SMTP id j2DAmZV53194; Sat, 21 "
                        "Nov 2026 10:15:30 +0000"),
      .helo = "xyzzy",
      .ip = "203.0.113.5",
      .by = "mail.example.com",
      .with = "SMTP",
      .id = "j2DAmZV53194",
      .time = AT_10_15_30 },
    { .name = "sendmail with AUTH",
      .value = SPAN_LIT("from laptop ([203.0.113.6]) (authenticated bits=0)\r\n"
                        "\tby mail.example.com (8.14.4/8.14.4) with ESMTP id pAL1 for "
                        "<foo@example.com>; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "laptop",
      .ip = "203.0.113.6",
      .by = "mail.example.com",
      .with = "ESMTP",
      .id = "pAL1",
      .for_ = "foo@example.com",
      .time = AT_10_15_30 },
    { .name = "sendmail submission program",
      .value = SPAN_LIT(
          "(from alice@localhost)\r\n"
          "\tby mail.example.com (8.15.2/8.15.2/Submit) id uALA2; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "alice@localhost",
      .by = "mail.example.com",
      .id = "uALA2",
      .time = AT_10_15_30 },
    { .name = "sendmail over a unix socket",
      .value = SPAN_LIT("from localhost (localhost [[UNIX: localhost]])\r\n"
                        "\tby mail.example.com (8.12.11/8.12.11/Submit) id iBAD; Sat, 21 Nov 2026 "
                        "10:15:30 +0000"),
      .helo = "localhost",
      .rdns = "localhost",
      .by = "mail.example.com",
      .id = "iBAD",
      .time = AT_10_15_30 },
    { .name = "sendmail, via in front of by",
      .value = SPAN_LIT("from a.example.net (a.example.net [192.0.2.32]) via ESMTP\r\n"
                        "\tby mail.example.com (8.12.1/) id h06; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "a.example.net",
      .rdns = "a.example.net",
      .ip = "192.0.2.32",
      .by = "mail.example.com",
      .via = "ESMTP",
      .id = "h06",
      .time = AT_10_15_30 },
    { .name = "exim, verified host",
      .value = SPAN_LIT("from out.example.net ([192.0.2.40])\r\n"
                        "\tby mx.example.org with esmtps  (TLS1.3) tls TLS_AES_256_GCM_SHA384\r\n"
                        "\t(Exim 4.96)\r\n"
                        "\t(envelope-from <bar@example.net>)\r\n"
                        "\tid 1r5NZs-0004Xb-2k\r\n"
                        "\tfor foo@example.org;\r\n"
                        "\tSat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "out.example.net",
      .rdns = "out.example.net",
      .ip = "192.0.2.40",
      .by = "mx.example.org",
      .with = "esmtps",
      .id = "1r5NZs-0004Xb-2k",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "exim, helo differs from the host",
      .value = SPAN_LIT("from host.example.net ([192.0.2.41] helo=greeting.example.net)\r\n"
                        "\tby mx.example.org with esmtp (Exim 4.94.2)\r\n"
                        "\tid 1r5NZs-0004Xb-2l\r\n"
                        "\tfor foo@example.org; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "greeting.example.net",
      .rdns = "host.example.net",
      .ip = "192.0.2.41",
      .by = "mx.example.org",
      .with = "esmtp",
      .id = "1r5NZs-0004Xb-2l",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "exim, address only",
      .value = SPAN_LIT("from [203.0.113.41] (helo=friend)\r\n"
                        "\tby mx.example.org with smtp (Exim 4.94.2)\r\n"
                        "\tid 1r5NZs-0004Xb-2m; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "friend",
      .ip = "203.0.113.41",
      .by = "mx.example.org",
      .with = "smtp",
      .id = "1r5NZs-0004Xb-2m",
      .time = AT_10_15_30 },
    { .name = "exim with port and literal greeting",
      .value =
          SPAN_LIT("from [203.0.113.42] (port=45281 helo=[10.0.0.5])\r\n"
                   "\tby mx.example.org with esmtpsa (TLS1.2) tls ECDHE-RSA-AES256-GCM-SHA384\r\n"
                   "\t(Exim 4.95)\r\n"
                   "\t(envelope-from <foo@example.org>)\r\n"
                   "\tid 1r5NZs-0004Xb-2n; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "10.0.0.5",
      .ip = "203.0.113.42",
      .by = "mx.example.org",
      .with = "esmtpsa",
      .id = "1r5NZs-0004Xb-2n",
      .time = AT_10_15_30 },
    { .name = "exim with the port behind the address",
      .value = SPAN_LIT(
          "from out.example.net ([192.0.2.43]:45281)\r\n"
          "\tby mx.example.org with esmtps (TLS-1.0:DHE_RSA_3DES_EDE_CBC_SHA:24) (Exim 4.50)\r\n"
          "\tid 1r5NZs-0004Xb-2o; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "out.example.net",
      .rdns = "out.example.net",
      .ip = "192.0.2.43",
      .by = "mx.example.org",
      .with = "esmtps",
      .id = "1r5NZs-0004Xb-2o",
      .time = AT_10_15_30 },
    { .name = "exim with ident",
      .value = SPAN_LIT("from host.example.net ([192.0.2.44] helo=hotmail.example ident=mail)\r\n"
                        "\tby mx.example.org with smtp (Exim 3.35 #1 (Debian)) id "
                        "374BA5-4594Sj-97; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "hotmail.example",
      .rdns = "host.example.net",
      .ip = "192.0.2.44",
      .by = "mx.example.org",
      .with = "smtp",
      .id = "374BA5-4594Sj-97",
      .time = AT_10_15_30 },
    { .name = "exim, ident in brackets that looks like an address",
      .value = SPAN_LIT(
          "from host.example.net ([192.0.2.45] ident=[198.51.100.66])\r\n"
          "\tby mx.example.org with smtp (Exim 4.50) id 1G-0; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "host.example.net",
      .rdns = "host.example.net",
      .ip = "192.0.2.45",
      .by = "mx.example.org",
      .with = "smtp",
      .id = "1G-0",
      .time = AT_10_15_30 },
    { .name = "exim local",
      .value = SPAN_LIT("from www-data by web.example.org with local (Exim 4.96)\r\n"
                        "\t(envelope-from <www-data@web.example.org>)\r\n"
                        "\tid 1r5NZs-0004Xb-2p\r\n"
                        "\tfor foo@example.org; Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "www-data",
      .by = "web.example.org",
      .with = "local",
      .id = "1r5NZs-0004Xb-2p",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "exim local SMTP",
      .value = SPAN_LIT("from root (helo=localhost)\r\n"
                        "\tby web.example.org with local-esmtp (Exim 4.69) id 3Anr9q-9393t9-Gr; "
                        "Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "localhost",
      .by = "web.example.org",
      .with = "esmtp",
      .id = "3Anr9q-9393t9-Gr",
      .time = AT_10_15_30 },
    { .name = "exim over IPv6",
      .value = SPAN_LIT("from [2001:db8::9] (port=60112 helo=six.example.net)\r\n"
                        "\tby mx.example.org with esmtps (TLS1.3) (Exim 4.96) id 1r-6; Sat, 21 Nov "
                        "2026 10:15:30 +0000"),
      .helo = "six.example.net",
      .ip = "2001:db8::9",
      .by = "mx.example.org",
      .with = "esmtps",
      .id = "1r-6",
      .time = AT_10_15_30 },
    { .name = "qmail-queue by uid",
      .value = SPAN_LIT("(qmail 48595 invoked by uid 225); 21 Nov 2026 10:15:30 -0000"),
      .time = AT_10_15_30 },
    { .name = "qmail-queue from network",
      .value = SPAN_LIT("(qmail 88829 invoked from network); 21 Nov 2026 10:15:30 -0000"),
      .time = AT_10_15_30 },
    { .name = "qmail-queue for bounce",
      .value = SPAN_LIT("(qmail 7131 invoked for bounce); 21 Nov 2026 10:15:30 -0000"),
      .time = AT_10_15_30 },
    { .name = "qmail-smtpd, greeting is the host",
      .value = SPAN_LIT("from mail.example.net (192.0.2.50)\r\n"
                        "\tby mx.example.org with SMTP; 21 Nov 2026 10:15:30 -0000"),
      .helo = "mail.example.net",
      .ip = "192.0.2.50",
      .by = "mx.example.org",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "qmail-smtpd, greeting differs",
      .value = SPAN_LIT("from host.example.net (HELO mail.example.net) (192.0.2.51)\r\n"
                        "\tby mx.example.org with SMTP; 21 Nov 2026 10:15:30 -0000"),
      .helo = "mail.example.net",
      .rdns = "host.example.net",
      .ip = "192.0.2.51",
      .by = "mx.example.org",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "qmail-smtpd, host unknown",
      .value = SPAN_LIT("from unknown (HELO mail.example.net) (203.0.113.51)\r\n"
                        "\tby mx.example.org with ESMTPS; 21 Nov 2026 10:15:30 -0000"),
      .helo = "mail.example.net",
      .ip = "203.0.113.51",
      .by = "mx.example.org",
      .with = "ESMTPS",
      .time = AT_10_15_30 },
    { .name = "qmail-smtpd with ident",
      .value = SPAN_LIT("from host.example.net (HELO mail.example.net) (alice@192.0.2.52)\r\n"
                        "\tby 0 with SMTP; 21 Nov 2026 10:15:30 -0000"),
      .helo = "mail.example.net",
      .rdns = "host.example.net",
      .ip = "192.0.2.52",
      .by = "0",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "qmail-smtpd, literal greeting",
      .value = SPAN_LIT("from unknown (HELO [10.9.8.7]) (203.0.113.53)\r\n"
                        "\tby mx.example.org with ESMTPA; 21 Nov 2026 10:15:30 -0000"),
      .helo = "10.9.8.7",
      .ip = "203.0.113.53",
      .by = "mx.example.org",
      .with = "ESMTPA",
      .time = AT_10_15_30 },
    { .name = "qmail-smtpd, empty greeting",
      .value = SPAN_LIT("from host.example.net (HELO ) (192.0.2.54)\r\n"
                        "\tby mx.example.org with SMTP; 21 Nov 2026 10:15:30 -0000"),
      .helo = "host.example.net",
      .rdns = "host.example.net",
      .ip = "192.0.2.54",
      .by = "mx.example.org",
      .with = "SMTP",
      .time = AT_10_15_30 },
    { .name = "qmail-ldap",
      .value = SPAN_LIT("from unknown (HELO pc.example.net) (alice@[203.0.113.54]) "
                        "(envelope-sender <alice@example.net>)\r\n"
                        "\tby mx.example.org (qmail-ldap-1.03) with SMTP\r\n"
                        "\tfor <foo@example.org>; 21 Nov 2026 10:15:30 -0000"),
      .helo = "pc.example.net",
      .ip = "203.0.113.54",
      .by = "mx.example.org",
      .with = "SMTP",
      .for_ = "foo@example.org",
      .time = AT_10_15_30 },
    { .name = "qpsmtpd",
      .value = SPAN_LIT("from Unknown (HELO pc.example.net) (203.0.113.55)\r\n"
                        "\tby mx.example.org (qpsmtpd/0.96) with ESMTPS "
                        "(ECDHE-RSA-AES256-GCM-SHA384 encrypted); Sat, 21 Nov 2026 10:15:30 +0000"),
      .helo = "pc.example.net",
      .ip = "203.0.113.55",
      .by = "mx.example.org",
      .with = "ESMTPS",
      .time = AT_10_15_30 },
    { .name = "ofmipd",
      .value = SPAN_LIT("(ofmipd 203.0.113.56); 21 Nov 2026 10:15:30 -0000"),
      .time = AT_10_15_30 },
};

#endif
