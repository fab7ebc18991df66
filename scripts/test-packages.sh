#!/bin/sh
# The Debian packages that the tests need beside Python: a real PostgreSQL server, a real Dovecot, a real Postfix, strace
# and libfaketime.
set -eu
missing=
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -x /usr/sbin/dovecot ] && [ -x /usr/lib/dovecot/imap ] || missing="$missing dovecot-imapd"
command -v strace >/dev/null || missing="$missing strace"
ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || missing="$missing libfaketime"
# Installing Postfix would remove another mail server: where there is one, the tests of Postfix are skipped instead.
[ -x /usr/sbin/postfix ] || [ -e /usr/sbin/sendmail ] || missing="$missing postfix"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# No configuration: the tests start a Postfix of their own, and this machine's must not start.
	echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
	# shellcheck disable=SC2086
	apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
	echo "The tests need:$missing. Install them first: sudo apt-get install$missing" >&2; exit 1
fi
