#ifndef COEXIST_TESTS_IMIP_SAMPLES_H
#define COEXIST_TESTS_IMIP_SAMPLES_H

#include "core/imip.h"

/* Messages as they are found in mail: what their header says, their body, and what they are. Lines
 * end with LF here; the tests make CRLF of it. */

#define ICS_BEGIN "BEGIN:VCALENDAR\nPRODID:-//Example//Calendar 1.0//EN\nVERSION:2.0\n"
#define ICS_END                                                                                    \
    "BEGIN:VEVENT\nUID:4711@example.com\nDTSTART:20251124T090000Z\nSUMMARY:Planning\n"             \
    "END:VEVENT\nEND:VCALENDAR\n"
#define ICS(method) ICS_BEGIN "METHOD:" method "\n" ICS_END
#define ICS_PLAIN ICS_BEGIN ICS_END

/* BEGIN:VCALENDAR, METHOD:REQUEST, VERSION:2.0, END:VCALENDAR; without METHOD. */
#define ICS_BASE64                                                                                 \
    "QkVHSU46VkNBTEVOREFSDQpNRVRIT0Q6UkVRVUVTVA0KVkVSU0lPTjoyLjANCkVORDpWQ0FMRU5E\nQVINCg==\n"
#define ICS_PLAIN_BASE64 "QkVHSU46VkNBTEVOREFSDQpWRVJTSU9OOjIuMA0KRU5EOlZDQUxFTkRBUg0K\n"

#define TEXT_PART "Content-Type: text/plain; charset=\"utf-8\"\n\nYou are invited.\n"
#define HTML_PART                                                                                  \
    "Content-Type: text/html; charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable\n"    \
    "\n<p style=3D\"x\">You are invited.</p>\n"

struct imip_sample {
    const char *name;
    const char *type;
    const char *encoding; /* of the message itself; NULL: none */
    const char *body;
    enum imip_verdict want;
};

static const struct imip_sample samples[] = {
    { "Outlook: alternative, base64, method in the type",
      "multipart/alternative;\n"
      "\tboundary=\"_000_AM0PR04MB4711_\"",
      NULL,
      "--_000_AM0PR04MB4711_\n" TEXT_PART "\n--_000_AM0PR04MB4711_\n" HTML_PART
      "\n--_000_AM0PR04MB4711_\nContent-Type: text/calendar; charset=\"utf-8\"; method=REQUEST\n"
      "Content-Transfer-Encoding: base64\n\n" ICS_BASE64 "\n--_000_AM0PR04MB4711_--\n",
      IMIP_YES },
    { "Gmail: alternative in mixed, with the same as an attachment",
      "multipart/mixed; boundary=\"000000000000a1b2c3\"", NULL,
      "--000000000000a1b2c3\nContent-Type: multipart/alternative; boundary=\"000000000000d4e5f6\"\n"
      "\n--000000000000d4e5f6\n" TEXT_PART "\n--000000000000d4e5f6\n" HTML_PART
      "\n--000000000000d4e5f6\nContent-Type: text/calendar; charset=\"UTF-8\"; method=REQUEST\n"
      "Content-Transfer-Encoding: 7bit\n\n" ICS(
          "REQUEST") "\n--000000000000d4e5f6--\n"
                     "--000000000000a1b2c3\nContent-Type: application/ics; name=\"invite.ics\"\n"
                     "Content-Disposition: attachment; filename=\"invite.ics\"\n"
                     "Content-Transfer-Encoding: base64\n\n" ICS_BASE64 "--000000000000a1b2c3--\n",
      IMIP_YES },
    { "Apple Mail: the type folded, quoted-printable",
      "multipart/alternative;\n"
      " boundary=\"Apple-Mail=_6F8D\"",
      NULL,
      "\n--Apple-Mail=_6F8D\n" TEXT_PART "\n--Apple-Mail=_6F8D\nContent-Type: text/calendar;\n"
      "\tmethod=REQUEST;\n\tname=iCal-20251124.ics;\n\tcharset=utf-8\n"
      "Content-Transfer-Encoding: quoted-printable\n\n" ICS("REQUEST") "\n--Apple-Mail=_6F8D--\n",
      IMIP_YES },
    { "the method in the calendar alone", "multipart/mixed; boundary=b", NULL,
      "--b\n" TEXT_PART "\n--b\nContent-Type: text/calendar\n\n" ICS("REPLY") "--b--\n", IMIP_YES },
    { "the same in base64", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n" ICS_BASE64
      "--b--\n",
      IMIP_YES },
    { "the encoding before the type", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Transfer-Encoding: BASE64 (so)\ncontent-type: Text/Calendar\n\n" ICS_BASE64
      "--b--\n",
      IMIP_YES },
    { "the same in quoted-printable", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/calendar\nContent-Transfer-Encoding: Quoted-Printable\n\n"
      "BEGIN:VCAL=\nENDAR\n=4DETHOD=3AREQUE=\nST\nEND:VCALENDAR\n--b--\n",
      IMIP_YES },
    { "the message is a calendar", "text/calendar; charset=utf-8", NULL, ICS("CANCEL"), IMIP_YES },
    { "the same in base64", "text/calendar", "base64", ICS_BASE64, IMIP_YES },
    { "with a method in the type", "text/calendar; method=CANCEL", NULL, "", IMIP_YES },
    { "related in alternative in mixed", "multipart/mixed; boundary=1", NULL,
      "--1\nContent-Type: multipart/alternative; boundary=2\n\n--2\nContent-Type: "
      "multipart/related;"
      " boundary=3\n\n--3\n" HTML_PART
      "--3--\n--2\nContent-Type: text/calendar; method=REQUEST\n\n" ICS("REQUEST") "--2--\n--1--\n",
      IMIP_YES },
    { "in a part behind a nested multipart that never ends", "multipart/mixed; boundary=outer",
      NULL,
      "--outer\nContent-Type: multipart/alternative; boundary=inner\n\n--inner\n" TEXT_PART
      "--outer\nContent-Type: text/calendar\n\n" ICS("REQUEST") "--outer--\n",
      IMIP_YES },
    { "no final boundary", "multipart/mixed; boundary=b", NULL,
      "--b\n" TEXT_PART "--b\nContent-Type: text/calendar\n\n" ICS("REQUEST"), IMIP_YES },
    { "the end within the method", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:R", IMIP_YES },
    { "the end within the type", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/calendar;\n method=REQUEST", IMIP_YES },
    { "a header and no body", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/calendar; method=REQUEST\n--b--\n", IMIP_YES },
    { "a boundary with padding", "multipart/mixed; boundary=\"b c\"", NULL,
      "--b c \t \nContent-Type: text/calendar; method=REQUEST\n\n--b c--  \n", IMIP_YES },
    { "no empty line behind the header", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/calendar\n=\nBEGIN:VCALENDAR\nMETHOD:REQUEST\n--b--\n", IMIP_YES },
    { "a boundary right behind a header", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: multipart/mixed; boundary=c\n--c\nContent-Type: text/calendar; method=x\n"
      "\n--c--\n--b--\n",
      IMIP_YES },
    { "the boundary in segments (RFC 2231)", "multipart/mixed; boundary*0=ab; boundary*1=c", NULL,
      "--abc\n" TEXT_PART "--abc\nContent-Type: text/calendar; method=REQUEST\n\n--abc--\n",
      IMIP_YES },
    { "the boundary encoded (RFC 2231)", "multipart/mixed; boundary*=us-ascii''a%62c", NULL,
      "--abc\nContent-Type: text/calendar; method=REQUEST\n\n--abc--\n", IMIP_YES },
    { "the boundary in segments, encoded, in no order",
      "multipart/mixed;\n Boundary*1=c;\n boundary*0*=us-ascii''a%62", NULL,
      "--abc\nContent-Type: text/calendar; method=REQUEST\n\n--abc--\n", IMIP_YES },
    { "the boundary of a multipart within", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: multipart/alternative;\n boundary*0*=''%61b;\n boundary*1=\"c\"\n\n"
      "--abc\n" TEXT_PART
      "--abc\nContent-Type: text/calendar\n\n" ICS("REQUEST") "--abc--\n--b--\n",
      IMIP_YES },
    { "the boundary before a comment", "multipart/mixed; boundary=abc(comment); x=y", NULL,
      "--abc\nContent-Type: text/calendar; method=REQUEST\n\n--abc--\n", IMIP_YES },
    { "the method encoded (RFC 2231)", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/calendar; method*=us-ascii''REQUEST\n\n" ICS_PLAIN "--b--\n",
      IMIP_YES },
    { "the method in segments (RFC 2231)", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/calendar; method*0=REQ; method*1=UEST\n\n" ICS_PLAIN "--b--\n",
      IMIP_YES },
    { "the message is a calendar whose method is encoded",
      "text/calendar; method*=us-ascii''REQUEST", NULL, ICS_PLAIN, IMIP_YES },
    { "a boundary whose first segment is missing", "multipart/mixed; boundary*1=abc", NULL,
      "--abc\nContent-Type: text/calendar; method=REQUEST\n\n--abc--\n", IMIP_NO },
    { "another boundary than the segments say", "multipart/mixed; boundary*0=a; boundary*2=bc",
      NULL, "--abc\nContent-Type: text/calendar; method=REQUEST\n\n--abc--\n", IMIP_NO },
    { "an empty method in all its forms",
      "text/calendar; method=; method*=us-ascii''; method*0=", NULL, ICS_PLAIN, IMIP_NO },
    { "a boundary in what is no calendar", "multipart/mixed; boundary=b", NULL,
      "--b\n" TEXT_PART "--bb\nContent-Type: text/calendar; method=REQUEST\n\n--b--\n", IMIP_NO },
    { "no boundary", "multipart/mixed", NULL,
      "--b\nContent-Type: text/calendar; method=REQUEST\n\n--b--\n", IMIP_NO },
    { "an attached file", "multipart/mixed; boundary=b", NULL,
      "--b\n" TEXT_PART
      "--b\nContent-Type: application/ics; name=x.ics; method=REQUEST\n\n" ICS("REQUEST") "--b--\n",
      IMIP_NO },
    { "a calendar without method", "multipart/mixed; boundary=b", NULL,
      "--b\n" TEXT_PART "--b\nContent-Type: text/calendar\n\n" ICS_PLAIN "--b--\n", IMIP_NO },
    { "the same in base64", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n" ICS_PLAIN_BASE64
      "--b--\n",
      IMIP_NO },
    { "a message that quotes an invitation", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/plain\n\n> Content-Type: text/calendar; method=REQUEST\n\n" ICS(
          "REQUEST") "--b--\n",
      IMIP_NO },
    { "an invitation in a message within the message", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: message/rfc822\n\nContent-Type: text/calendar; method=REQUEST\n\n" ICS(
          "REQUEST") "--b--\n",
      IMIP_NO },
    { "behind the end", "multipart/mixed; boundary=b", NULL,
      "--b\n" TEXT_PART "--b--\n--b\nContent-Type: text/calendar; method=REQUEST\n\n--b--\n",
      IMIP_NO },
    { "before the beginning", "multipart/mixed; boundary=b", NULL,
      "Content-Type: text/calendar; method=REQUEST\n\n--b\n" TEXT_PART "--b--\n", IMIP_NO },
    { "the second type of a part", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/plain\nContent-Type: text/calendar; method=REQUEST\n\n--b--\n",
      IMIP_NO },
    { "a method behind a component's end that is none", "multipart/mixed; boundary=b", NULL,
      "--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nMETHOD:x\n--b--\n",
      IMIP_NO },
    { "plain text", "text/plain", NULL, ICS("REQUEST"), IMIP_NO },
    { "no type", "", NULL, ICS("REQUEST"), IMIP_NO },
    { "an empty body", "multipart/mixed; boundary=b", NULL, "", IMIP_NO },
    { "an empty calendar", "text/calendar", NULL, "", IMIP_NO },
};

#endif
