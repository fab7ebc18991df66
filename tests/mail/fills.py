"""What an attack repeats: octets, tokens, lines, tags, parameters and attributes, alone or between two ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fill:
    """Something repeated between a beginning and an end."""

    unit: bytes
    first: bytes = b""
    last: bytes = b""

    def of(self, size: int) -> bytes:
        """Return about so many octets of it."""
        return self.first + self.unit * (size // len(self.unit)) + self.last


BYTES = [bytes([one]) for one in (*range(0x80), 0x80, 0x85, 0xA0, 0xC3, 0xE2, 0xF0, 0xFF)]
"""Every octet of ASCII, and some beyond."""
_LETTERS = (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))
TELLING_BYTES = [one for one in BYTES if one[0] not in _LETTERS or one in b"0a"]
"""One letter and one digit stand for all."""

TOKENS = [
    b"a ", b" a", b"a\t", b"a,", b"a, ", b"a;", b"a; ", b"a:", b"a=", b"a.", b"a-", b"a@", b"@a", b"a@a.a", b"a@a.a ",
    b"a@a.a, ", b"<a@a.a>", b"<a@a.a>, ", b"<a>", b"<a> ", b"a <a@a.a>,", b'"a" <a@a.a>,', b'"a', b'a"', b'\\"',
    b"\\a", b'"\\', b"(a", b"(a)", b"a(", b"()", b"(a) ", b"[a]", b"[a", b"[a] ", b"{a}", b"<<", b"><", b"<>", b"''",
    b'""', b"=?", b"?=", b"=?a?q?", b"=?utf-8?q?a?=", b"=?utf-8?q?a?= ", b"=?utf-8?b?YQ==?=", b"=?utf-8?b?YQ?= a",
    b"=?a?q?=", b"=?utf-8?q?=C3?=", b"=?iso-2022-jp?b?GyRC?=", b"=41", b"==", b"=\n", b"%2b", b"%40", b"%", b"&amp;",
    b"&#", b"&a", b"&#x41;", b"\r\n", b"\n ", b"\r\n ", b"\r\n\t", b" \n", b" \r\n", b"\r\r\n", b"\n\n", b"\n\n\n",
    b"\r\n\r\n", b"\r \n", b"a\n", b"a \n", b"a\r", b"a\r\n", b"\na: ", b"a: b\n", b"a: b\r\n", b" a: b\r\n",
    b"from:\n", b"from", b"From: a@b.example\r\n", b"x: \r\n \r\n", b"Received: from a by b; x\r\n",
    b"Content-Type: text/plain\r\n\r\n", b"Content-Type: text/plain\r\n \r\n", b"\nContent-Type: text/plain\n",
    b"To: a@b.example\r\n", b"message-id:\n", b"\nmessage-id:\n <", b"final-recipient: rfc822;",
    b"Final-Recipient: rfc822; a@b.example\r\n\r\n", b"rcpt to:", b"delivered to a@", b"recipient ", b"550 ",
    b"5.1.1 ", b"5.", b"1.", b"0.0.", b"1 ", b"10:15 ", b"10.1.", b"1.1.2026 ", b"2026-", b"mars ", b"mandag ", b"20",
    b"til ", b"+47 ", b"tlf ", b"www.", b"http://", b"http://a ", b"://", b"mailto:", b"a/", b"/a", b"\\", b"../",
    b"a|", b"#a ", b"#1 ", b"FK#1 ", b"[FK#1] ", b"Re: ", b"re:", b"VS: ", b"[a] Re: ", b"+1.aaaaaaaaaaaaaaaa@",
    b"+1.aaaaaaaaaaaaaaaa", b"a+1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@a", b"maild.1.1.c.aaaaaaaaaaaaaaaa@",
    b"maild.", b"aild.", b"AILD.", b"x-maild-", b"x-maild-a", b"+1.", b"%2b1.", b"b+1.aaaaaaaaaaaaaaaa@", b"b+1.",
    b"a'", b"a\xc2\xa0", b"\xe2\x80\x8b", b"\xcc\x81", b"a\xcc\x81\xcc\xa7", b"\xe2\x80\x94",
    b"\xe2\x80\x94 Svar over ", b"\xef\xbc\x9a", b"\xc3\xa6", b"\xf0\x9f\x98\x80", b"\xc5\xbf", b"\xc4\xb0",
    b"\x1b$B", b"\x1b(B", b"\x1b$B!!\x1b(B", b"+AGE-", b"~{", b"~}", b"\x81\x40", b"\xa1\xa1",
]  # fmt: skip
LINES = [
    b"> a\n", b">\n", b"> > a\n", b">>>>>>>>>>\n", b"> a\nb\n", b"> a?\nja\n", b">a\r\n", b"> \n", b">> a\n> b\n",
    b">>> a 1.1.2026 10:15 >>>\n", b"-- \n", b"--\n", b"--\na\n", b"-- \na\n", b"---\n", b"---\na\n", b"___\n",
    b"=====\n", b"-----Original Message-----\n", b"-----Original Message-----\nFrom: a@b.no\nSent: 1.1.2026 10:15\n",
    b"---------- Forwarded message ---------\n", b"--- Forwarded Message --- From: a\n", b"Fra: a\n",
    b"Fra: a@b.no\n", b"Fra: a@b.no\nSendt: 1.1.2026 10:15\nTil: c\nEmne: d\n", b"Fra:\n", b"Til\n", b"Kopi\n",
    b"Emne\n", b"To\nCc\n", b"Den 1. mars 2026 kl. 10:15 skrev a <a@b.no>:\n", b"On 1 March 2026, a wrote:\n",
    b"wrote:\n", b"skrev:\n", b"On Mon\n", b"a wrote\n", b"10:15\n", b"Mvh\n", b"Mvh\nKari\n",
    b"Mvh\nKari Moen\nTlf 555 01 234\n", b"Hilsen\n\n", b"Sendt fra min iPhone\n", b"Get Outlook for iOS\n",
    b"confidential ", b"konfidensiell e-post mottaker slett feil ",
    b"This e-mail is confidential and intended for the recipient. If you are not, delete it and notify the sender.\n\n",
    b"https://a.example/\n", b"a@b.example\n", b"___________________\nlist\n", b"unsubscribe http://a\n", b"[cid:a]",
    b"[cid:a] ", b"[cid:", b"> [cid:a]\n", b" [cid:a]\n", b"[cid:a]\n", b"Navn: ____\n", b"> Navn: Kari\n",
    b"> Navn:\nKari\n", b"\xe2\x80\x94 Svar over denne linjen \xe2\x80\x94\n",
    b"> \xe2\x80\x94 Svar over denne linjen \xe2\x80\x94\n", b"begin 644 x\n", b"begin 644 x\nM\n",
    b"begin 644 x\n#86)C\n`\nend\n", b"M" + b"a" * 60 + b"\n", b"#86)C\n", b"end\n", b"begin 644 \n",
    b"begin-base64 644 x\n", b"=ybegin name=x\n", b"=ybegin name=", b"=ybegin name=x\na\n=yend \n", b"=yend \n",
    b"=y", b"a " * 40 + b"\n", b"a" * 76 + b"\n", b"a" * 76 + b" \n", b"> " + b"a" * 70 + b" \n", b" a\n",
    b"BEGIN:VEVENT\n", b"SUMMARY:a\n", b"ATTENDEE;", b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.no\n", b'UID;"a',
    b"BEGIN", b"Action: failed\n", b"Status: 5.1.1\n", b"Reporting-MTA: dns; a\n\n", b"550 5.1.1 a@b.no\n", b"takk ",
    b"takk\n", b"ja\n", b"#close\n", b"hei hei, p\xc3\xa5 deg. Jeg kan ikke logge inn? ", b"\n1. a", b"* a\n",
    b"- a?\n",
]  # fmt: skip
TAGS = [
    b"<", b"<a", b"<a>", b"<a ", b"</a", b"</a>", b"<div", b"<div>", b"<div>a</div>", b"</div>", b"<p>", b"<p>a",
    b"<br>", b"<b>", b"<b>a</b>", b"<b><p>", b"<i><b>", b"<font>", b"<a href=x>", b"<a href=http://a/>b</a>",
    b"<nobr>", b"<span>", b"<table>", b"<table><tr><td>", b"<tr>", b"<td>", b"<tr><td>a</td></tr>", b"<td>a",
    b"<caption>", b"<colgroup>", b"<option>", b"<option>a", b"<select>", b"<select><option>", b"<optgroup>",
    b"</select>", b"<ul>", b"<ul><li>", b"<li>", b"<li>a", b"<ol><li>a</li></ol>", b"<dl><dt><dd>", b"<h1>",
    b"<h1>a</h1>", b"<pre>", b"<pre>\n", b"<blockquote>", b"<blockquote>a</blockquote>", b"<blockquote type=cite>",
    b"<div class=gmail_quote>", b"<hr>", b"<img>", b"<img src=cid:a>", b"<img alt=a>", b"<input type=submit value=a>",
    b"<body>", b"<body a1>", b"<html>", b"<html a>", b"<head>", b"<head></head>", b"<script>", b"<script></script>",
    b"<style>", b"<style></style>", b"<title>", b"</title>", b"<textarea>", b"<template>", b"</template>", b"<svg>",
    b"<math>", b"<svg><desc>", b"<math><mi>", b"<iframe>", b"<object>", b"<frameset>", b"<noframes>", b"<!--",
    b"<!-->", b"<!---->", b"<!-- a -->", b"-->", b"<![CDATA[", b"<?a?>", b"<!DOCTYPE html>", b"<!", b"</", b"<form>",
    b"</p>", b"</br>", b"<button>", b"<marquee>", b"<applet>", b"<plaintext>", b"<xmp>", b"<noscript>", b"<ruby><rt>",
    b"<o:p>", b"<p style=margin:0>", b"<p style=display:none>a</p>", b"<div hidden>", b"<div id=signature>",
    b"<div id=x_x_x_signature>", b"<a><div>", b"<a>b<p>", b"<b><i><u><s>", b"</b></i>", b"<p><b>", b"<b></p>",
    b"<table><b>", b"<table>a", b"<table><div>",
]  # fmt: skip
LISTS = [
    b" a1", b" a=1", b' a="1"', b"; a=b", b';a="b"', b"; a*1*=b", b"; a*0=b", b'; a*1*="b', b";a", b"; name=a",
    b"; charset=a", b"; boundary=x", b";;", b"; =", b"; a*=utf-8''%41", b"'a'", b"a*", b"**",
]  # fmt: skip
"""Attributes and parameters; the numbered ones below."""
ENDED = [
    Fill(b"a.", b"a@", b"@"), Fill(b"a@a.", b"", b"!"), Fill(b" ", b"a", b"b"), Fill(b"\t", b"a", b"b"),
    Fill(b"(", b"", b")"), Fill(b"\\", b'"', b""), Fill(b"a", b'"', b""), Fill(b"a", b"(", b""),
    Fill(b"a", b"<", b""), Fill(b" ", b"a:", b":"), Fill(b" ", b"=?utf-8?q?", b""), Fill(b"a", b"=?utf-8?q?", b""),
    Fill(b"\n ", b"a", b"b"), Fill(b" ", b";a", b"=b"), Fill(b"-", b"", b"a"), Fill(b"-", b"a", b"a"),
    Fill(b"_", b"", b"a"), Fill(b".", b"a", b"a"), Fill(b"a ", b"", b"wrote:"), Fill(b"a,", b"From: ", b"\n"),
    Fill(b"a", b"", b"@"), Fill(b"a", b"@", b""), Fill(b" a", b"", b":"), Fill(b">", b"", b"a"),
    Fill(b"1", b"+", b"."), Fill(b"a", b"+1.", b"@"), Fill(b"#", b"a", b""), Fill(b" \n", b"a", b"a"),
    Fill(b"\r", b"a", b"\n"), Fill(b"<", b"", b">"), Fill(b"a", b"[", b"]"), Fill(b"[", b"", b"]"),
    Fill(b"a" * 5000 + b" ", b"", b"confidential"),
]  # fmt: skip
FILLS = [*map(Fill, [*TELLING_BYTES, *TOKENS, *LINES, *TAGS, *LISTS]), *ENDED]
