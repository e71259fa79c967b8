#ifndef COEXIST_TESTS_IMPORT_CASES_H
#define COEXIST_TESTS_IMPORT_CASES_H

#include "base/words.h"

/* Files of users, and what is to become of them: see scene_tell(). */

struct import_case {
    const char *text;
    const char *want;
    enum home home;
    const char *system;
    const char *group;
    const char *map;
};

#define OWN "address,home,route,group,alias,calendar,note\n"
#define REST " route- group- alias- calendar- note-\n"
#define ALIAS_OF(address) " home- route- group- alias=" address " calendar-\n"
#define HOME_WORDS "not one of primary, secondary, both, moving"
#define NOT_ADDRESS "is not an address: write user@example.com\n"
#define EXCHANGE                                                                                   \
    "\"PrimarySmtpAddress\",\"RecipientTypeDetails\",\"ExternalEmailAddress\","                    \
    "\"EmailAddresses\"\n"
#define GOOGLE                                                                                     \
    "First Name [Required],Last Name [Required],Email Address [Required],Status [READ ONLY]\n"
#define HOW_TO_EXPORT                                                                              \
    "Get-Recipient -ResultSize Unlimited | Select PrimarySmtpAddress,RecipientTypeDetails,"        \
    "ExternalEmailAddress,EmailAddresses | Export-Csv FILE\n"
#define ASK_SYSTEM                                                                                 \
    "which system was this exported from? say --system primary or --system secondary\n"

static const struct import_case import_cases[] = {
    { .text = "", .want = "! 0 there is nothing in it\n" },
    { .text = "\n# nothing\n", .want = "! 0 there is nothing in it\n" },
    { .text = "what,is,this\n1,2,3\n",
      .want = "! 1 no column is known: there is none named address, PrimarySmtpAddress or Email "
              "Address [Required]; --map COLUMN=address names one\n" },

    /* Our own columns. */
    { .text = OWN "a@example.com,primary,,,,,\nB@Example.com,both,b@t.example,sales,,primary,=1\n",
      .want = "2 a@example.com home=primary" REST
              "3 b@example.com home=both route=b@t.example group=sales alias- calendar=primary "
              "note==1\n" },
    { .text = OWN "a@example.com,,,,b@example.com,,old name\n",
      .want = "2 a@example.com home- route- group- alias=b@example.com calendar- note=old name\n" },
    { .text = "address;home\r\n<a@example.com> ; secondary \r\n",
      .want = "2 a@example.com home=secondary alias-\n" },
    { .text = "note,address\n\" kept, as it is \",a@example.com\n",
      .want = "2 a@example.com note= kept, as it is \n" },
    { .text = "address,home\na@example.com,secodnary\nb@example.com,Primary\nc@example.com,\n",
      .want = "! 2 column home: home is 'secodnary', " HOME_WORDS "\n"
              "! 3 column home: home is 'Primary', " HOME_WORDS "\n"
              "! 4 nothing is filled in: a row says at least one of home, route, group, alias, "
              "calendar, note\n" },
    { .text = "address,home\nfoo,primary\n,primary\na@b@,primary\n\"a\x01@example.com\",primary\n",
      .want = "! 2 column address: 'foo' " NOT_ADDRESS "! 3 column address: '' " NOT_ADDRESS
              "! 4 column address: 'a@b@' " NOT_ADDRESS
              "! 5 column address: 'a?@example.com' " NOT_ADDRESS },
    { .text = "address,home\n\xe4@example.com,primary\n",
      .want = "! 2 column address: '?@example.com' is not UTF-8: save the file in UTF-8\n" },
    { .text = "address,note\na@example.com,\xe4\n",
      .want = "! 2 column note: the text is not UTF-8: save the file in UTF-8\n" },
    { .text = "address,home\na@example.com\nb@example.com,primary,x\n",
      .want = "! 2 the row has 1 columns, the row of names 2\n"
              "! 3 the row has 3 columns, the row of names 2\n" },
    { .text = "address,home\na@example.com,primary\n\"b@example.com,primary\n",
      .want = "2 a@example.com home=primary alias-\n"
              "! 3 the quote that opens a field here is not closed\n" },
    { .text = "address,home,alias\na@example.com,primary,b@example.com\n",
      .want = "! 2 column alias: an alias has no home: the row of its mailbox says that\n" },
    { .text = "address,home\na@elsewhere.example,primary\nb@example.org,primary\n",
      .want = "3 b@example.org home=primary alias-\n- other-domain 2 a@elsewhere.example\n" },
    /* What spreadsheets leave behind; what nobody can want. */
    { .text = "address,home\na@example.com,primary\n,\n,,,\n\n\"\", \n , \nb@example.com,both\n",
      .want = "2 a@example.com home=primary alias-\n8 b@example.com home=both alias-\n" },
    { .text = "address,home, Address \na@example.com,primary,b@example.com\n",
      .want = "! 1 there are two columns 'address': leave one away\n" },
    { .text = "address,home,home,note,note\na@example.com,primary,both,x,y\n",
      .want = "! 1 there are two columns 'home': leave one away\n"
              "! 1 there are two columns 'note': leave one away\n" },
    { .text = "Mail,home,Mail\na@example.com,primary,b@example.com\n",
      .want = "! 1 there are two columns 'Mail': leave one away\n",
      .map = "Mail=address" },
    { .text = "address,home,x,x\na@example.com,primary,1,2\n",
      .want = "2 a@example.com home=primary alias-\n" },
    { .text = "PrimarySmtpAddress,RecipientType,PrimarySmtpAddress\na@example.com,UserMailbox,x\n",
      .want = "! 1 there are two columns 'PrimarySmtpAddress': leave one away\n",
      .system = "primary" },
    /* The same address again. */
    { .text = "address,home\na@example.com,primary\nA@EXAMPLE.com,primary\n",
      .want = "2 a@example.com home=primary alias-\n1 again\n" },
    { .text = "address,home\na@example.com,primary\nb@example.com,both\na@example.com,secondary\n",
      .want = "2 a@example.com home=primary alias-\n3 b@example.com home=both alias-\n"
              "! 4 column address: a@example.com stands in line 2 too: there home primary, here "
              "home secondary\n" },
    { .text = "address,home,note\na@example.com,primary,x\na@example.com,primary,\n",
      .want =
          "2 a@example.com home=primary alias- note=x\n"
          "! 3 column address: a@example.com stands in line 2 too: there note x, here no note\n" },
    { .text = "address,home,alias\na@example.com,primary,\na@example.com,,b@example.com\n",
      .want = "2 a@example.com home=primary alias-\n"
              "! 3 column address: a@example.com stands in line 2 too: there no alias, here alias "
              "b@example.com\n" },
    /* What the command line says. */
    { .text = "address\na@example.com\n",
      .want = "2 a@example.com home=moving alias-\n",
      .home = HOME_MOVING },
    { .text = "address\na@example.com\n",
      .want =
          "! 1 nothing but addresses: there is no column home, route, group, alias, calendar or "
          "note; --home HOME says where they all live\n" },
    { .text = "address,home\na@example.com,primary\n",
      .want = "! 1 there is a column home: leave --home away, or the column\n",
      .home = HOME_PRIMARY },
    { .text = "address,group\na@example.com,x\n",
      .want = "! 1 there is a column group: leave --group away, or the column\n",
      .group = "sales" },
    { .text = "address,home,alias\na@example.com,primary,\nb@example.com,,a@example.com\n",
      .want = "2 a@example.com home=primary group=sales alias-\n"
              "3 b@example.com" ALIAS_OF("a@example.com"),
      .group = "sales" },
    { .text = "Mail Address;home\na@example.com;both\nx;both\n",
      .want = "2 a@example.com home=both alias-\n! 3 column Mail Address: 'x' " NOT_ADDRESS,
      .map = "Mail Address=address" },
    { .text = "a;home\na@example.com;both\n",
      .want = "! 1 there is no column 'Mail', which --map names\n",
      .map = "Mail=address" },

    /* Exchange. */
    { .text = "#TYPE "
              "Selected.Microsoft.Exchange.Data.Directory.Management.ReducedRecipient\r\n" EXCHANGE
              "\"a@example.com\",\"UserMailbox\",,\"SMTP:a@example.com smtp:al@example.com "
              "X500:/o=Org/cn=smtp:x SIP:a@example.com\"\r\n"
              "\"b@example.com\",\"MailUser\",\"SMTP:b@contoso.mail.onmicrosoft.com\",\"\"\r\n",
      .want = "3 a@example.com home=primary alias-\n3 al@example.com" ALIAS_OF(
          "a@example.com") "4 b@example.com home=secondary route=b@contoso.mail.onmicrosoft.com "
                           "alias-\n",
      .system = "primary" },
    { .text =
          EXCHANGE "a@example.com,RemoteUserMailbox,SMTP:a@example.com.primary.example,\n"
                   "b@example.com,RemoteSharedMailbox,smtp:B@example.com,\n"
                   "c@example.com,RemoteRoomMailbox,,\n"
                   "d@example.com,MailUser,,\n"
                   "e@example.com,MailUser,X400:c=de,\n"
                   "f@example.com,MailUniversalDistributionGroup,,\n"
                   ",UserMailbox,,\n"
                   "g@elsewhere.example,UserMailbox,,SMTP:g@elsewhere.example;smtp:g@example.com\n"
                   "h@example.com,2147483648,f@t.example,\n",
      .want = "2 a@example.com home=primary route- alias-\n"
              "3 b@example.com home=primary route- alias-\n4 c@example.com home=primary alias-\n"
              "10 h@example.com home=primary route=f@t.example alias-\n"
              "- other-domain 9 g@elsewhere.example\n"
              "- not-mailbox 7 f@example.com (MailUniversalDistributionGroup)\n"
              "- no-address 8 UserMailbox\n"
              "- no-target 5 d@example.com\n- no-target 6 e@example.com (X400:c=de)\n",
      .system = "secondary" },
    { .text = EXCHANGE "a@example.com,UserMailbox,,System.Collections.ArrayList\n"
                       "b@example.com,UserMailbox,,\"SMTP:b@example.com,smtp:c@example.org,"
                       "smtp:d@t.example,smtp:broken\"\n",
      .want = "2 a@example.com home=primary alias-\n3 b@example.com home=primary alias-\n"
              "- other-domain 3 d@t.example\n- alias-domain 3 c@example.org (b@example.com)\n"
              "- unreadable-aliases 2 a@example.com (System.Collections.ArrayList)\n"
              "! 3 column EmailAddresses: 'broken' " NOT_ADDRESS,
      .system = "primary" },
    { .text = EXCHANGE "a@example.com,UserMailbox,,smtp:x@example.com\n"
                       "b@example.com,UserMailbox,,smtp:x@example.com\n"
                       "x@example.com,UserMailbox,,\n",
      .want = "2 a@example.com home=primary alias-\n2 x@example.com" ALIAS_OF(
          "a@example.com") "3 b@example.com home=primary alias-\n"
                           "! 3 column EmailAddresses: x@example.com stands in line 2 too: there "
                           "alias "
                           "a@example.com, here alias b@example.com\n"
                           "! 4 column PrimarySmtpAddress: x@example.com stands in line 2 too: "
                           "there alias "
                           "a@example.com, here no alias\n",
      .system = "primary" },
    { .text = EXCHANGE "a@example.com,UserMailbox,,\n", .want = "! 1 " ASK_SYSTEM },
    { .text = "PrimarySmtpAddress\na@example.com\n",
      .want = "! 1 nothing says which rows are mailboxes; export that by " HOW_TO_EXPORT,
      .system = "primary" },
    { .text = EXCHANGE "a@example.com,UserMailbox,,\n",
      .want = "! 1 the file itself says where each mailbox lives: leave --home away\n",
      .system = "primary",
      .home = HOME_PRIMARY },
    { .text = "PrimarySmtpAddress,ExternalEmailAddress\na@example.com,SMTP:a@t.example\n"
              ",\n,SMTP:c@t.example\nb@example.com,SMTP:b@example.com\n",
      .want = "2 a@example.com home=secondary route=a@t.example alias-\n"
              "5 b@example.com home=secondary route- alias-\n- no-address 4 \n",
      .system = "primary" },
    { .text = "PrimarySmtpAddress,ExternalEmailAddress\na@example.com,SMTP:a@t.example\n"
              "b@example.com,\nc@elsewhere.example, \n",
      .want =
          "2 a@example.com home=secondary route=a@t.example alias-\n"
          "! 3 nothing says whether this is a mailbox: there is no column RecipientTypeDetails; "
          "export it by " HOW_TO_EXPORT,
      .system = "primary" },

    /* Google. */
    { .text = GOOGLE "A,A,a@example.com,Active\n\"B, C\",B,b@example.com,Suspended\nC,C,,Active\n",
      .want = "2 a@example.com home=primary group=wave 1 alias-\n"
              "3 b@example.com home=primary group=wave 1 alias-\n- no-address 4 \n",
      .system = "primary",
      .group = "wave 1" },
    { .text = GOOGLE "A,A,a@example.com,Active\n", .want = "! 1 " ASK_SYSTEM },
    { .text = GOOGLE "A,A,a@example.com,Active\n",
      .want = "2 a@example.com home=both alias-\n",
      .home = HOME_BOTH },
    { .text = "primaryEmail,aliases.0,aliases.1,id\na@example.com,b@example.com,,1\n",
      .want = "2 a@example.com home=secondary alias-\n2 b@example.com" ALIAS_OF("a@example.com"),
      .system = "secondary" },

    /* LDIF of Zimbra. */
    { .text = "dn: uid=a,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\n"
              "objectClass: zimbraAccount\nmail: al@example.com\nmail: a@example.com\n"
              "zimbraMailAlias: al@example.com\nzimbraMailDeliveryAddress: a@example.com\n"
              "zimbraMailTransport: lmtp:zimbra.example.com:7025\nuid: a\n\n"
              "dn: uid=b,ou=people,dc=example,dc=com\nobjectClass: zimbraAccount\n"
              "mail:: YkBleGFtcGxlLmNvbQ==\nzimbraMailTran\n sport: smtp:mail.exam\n ple.com:25\n",
      .want = "1 a@example.com home=secondary alias-\n1 al@example.com" ALIAS_OF(
          "a@example.com") "11 b@example.com home=primary alias-\n" },
    { .text = "dn: ou=people,dc=example,dc=com\nobjectClass: organizationalRole\n\n"
              "dn: uid=l,ou=people\nobjectClass: zimbraDistributionList\nmail: l@example.com\n\n"
              "dn: uid=c,ou=people\nobjectClass: zimbraAccount\nmail: c@example.com\n"
              "zimbraMailTransport: smtp:nowhere.example:25\n\n"
              "dn: uid=d,ou=people\nobjectClass: zimbraAccount\nmail: d@example.com\n\n"
              "dn: uid=e,ou=people\nchangetype: modify\nreplace: mail\nmail: e@example.com\n-\n\n"
              "dn: uid=f,ou=people\nchangetype: add\nmail: f@example.com\n"
              "zimbraMailTransport: lmtp:127.0.0.1:7025\n",
      .want = "23 f@example.com home=secondary alias-\n"
              "- not-mailbox 4 l@example.com\n- no-address 1 ou=people,dc=example,dc=com\n"
              "- unknown-system 8 c@example.com (smtp:nowhere.example:25)\n- unknown-system 13 "
              "d@example.com\n"
              "- change-record 17 e@example.com (modify)\n" },
    { .text = "dn: uid=a\nmail:: %%%\nzimbraMailTransport: lmtp:127.0.0.1:7025\n\n"
              "dn: uid=b\nmail: b@example.com\nzimbraMailTransport: lmtp:127.0.0.1:7025\n"
              "zimbraMailTransport: smtp:mail.example.com\n\nno attribute\n",
      .want = "! 2 attribute mail: the value is not base64, or not in full\n"
              "! 8 attribute zimbraMailTransport: stands in line 7 too: which one is it?\n"
              "! 10 this is no attribute: write NAME: VALUE\n" },
    { .text = "dn: x\nmail: x@example.com\n",
      .want = "- not-mailbox 1 x@example.com\n"
              "! 0 the file itself says where each mailbox lives: leave --home away\n",
      .home = HOME_BOTH },

    /* LDIF of Active Directory, and ours. */
    { .text = "dn: CN=A\nmail: a@example.com\nproxyAddresses: SMTP:a@example.com\n"
              "proxyAddresses: smtp:al@example.com\nproxyAddresses: x500:/o=x\n"
              "msExchRecipientTypeDetails: 1\n\n"
              "dn: CN=B\nmail: b@example.com\ntargetAddress: SMTP:b@t.example\n"
              "msExchRecipientTypeDetails: 128\n",
      .want = "1 a@example.com home=primary alias-\n1 al@example.com" ALIAS_OF(
          "a@example.com") "8 b@example.com home=secondary route=b@t.example alias-\n",
      .system = "primary" },
    { .text = "dn: CN=A\nmail: a@example.com\nmsExchRecipientTypeDetails: 1\n\n"
              "dn: CN=B\nmail: b@example.com\nmsExchRecipientTypeDetails: 1\n",
      .want = "! 1 " ASK_SYSTEM },
    { .text =
          "version: 1\n\ndn: mail=a@example.com\nobjectClass: coexistUser\nmail: a@example.com\n"
          "coexistHome: both\ncoexistRoute: a@t.example\ncoexistNote:: w6Q=\n\n"
          "dn: mail=b@example.com\nobjectClass: coexistUser\nmail: b@example.com\n"
          "coexistHome: nowhere\n",
      .want = "3 a@example.com home=both route=a@t.example group- alias- calendar- note=\xc3\xa4\n"
              "! 10 attribute coexistHome: home is 'nowhere', " HOME_WORDS "\n" },

    /* zmprov. */
    { .text = "# name a@example.com\nmail: a@example.com\nmail: al@example.com\nuid: a\n"
              "zimbraMailAlias: al@example.com\nzimbraMailDeliveryAddress: a@example.com\n"
              "zimbraMailTransport: lmtp:mbox.example.com:7025\n"
              "zimbraPrefMailSignature: me\nzimbraMailTransport: smtp:mail.example.com:25\n\n"
              "# name b@example.com\nzimbraMailTransport: smtp:mail.example.com:25\n\n"
              "# name c@example.com\nmail: c@example.com\n",
      .want = "1 a@example.com home=secondary alias-\n1 al@example.com" ALIAS_OF(
          "a@example.com") "11 b@example.com home=primary alias-\n- not-mailbox 14 "
                           "c@example.com\n" },

    /* Lists. */
    { .text = "# those of today\n\na@example.com\n  <B@example.com>  \n\"a b\"@example.com\n",
      .want = "3 a@example.com home=secondary alias-\n4 b@example.com home=secondary alias-\n"
              "5 a b@example.com home=secondary alias-\n",
      .home = HOME_SECONDARY },
    { .text = "a@example.com primary\nb@example.com,both\nc@example.com;\tmoving\n",
      .want = "1 a@example.com home=primary alias-\n2 b@example.com home=both alias-\n"
              "3 c@example.com home=moving alias-\n" },
    { .text = "a@example.com\nb@example.com here\nc@example.com both x\n",
      .want = "! 1 where does this mailbox live? write primary or secondary behind the address, or "
              "say --home for all\n"
              "! 2 home is 'here', " HOME_WORDS "\n"
              "! 3 a line is an address and its home, and no more\n" },
    { .text = "a@example.com primary\nb@example.com both\n\"c@example.com\n",
      .want = "1 a@example.com home=primary alias-\n"
              "! 2 the line says a home, and --home says another\n"
              "! 3 '\"c@example.com' " NOT_ADDRESS,
      .home = HOME_PRIMARY },
};

#endif
