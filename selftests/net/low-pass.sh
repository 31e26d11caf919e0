#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# circle: more
#
# low-pass with JavaMail, which is what most applications that know the first MX only are made with: it is
# refused at the low fake, as such senders are lost to nolisting, and delivers from the networks that are
# named. Why it matters: these are banks and shops, and nobody else would tell.

# shellcheck disable=SC2034 # of lib.sh
FETCH="scripts/fetch.sh openjdk-17-jre-headless libmail-java libactivation-java bsh"
# shellcheck source=selftests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

topology ''
must ip -n client addr add 198.18.1.1/32 dev c0
must ip -n server route add 198.18.0.0/16 dev s0
background server "$PYTHON" "$TOP/selftests/lib/takes_mail.py" "$TMP/listens" "$LOW4" "$REAL4"
must wait_for 10 test -e "$TMP/listens"

cat >"$TMP/mail.bsh" <<'END'
import javax.mail.*;
import javax.mail.internet.*;
p = new java.util.Properties();
p.put("mail.smtp.host", System.getProperty("to"));
p.put("mail.smtp.localaddress", System.getProperty("from"));
m = new MimeMessage(Session.getInstance(p));
m.setFrom(new InternetAddress("news@app.example"));
m.setRecipients(Message.RecipientType.TO, "b@example.com");
m.setSubject("news");
m.setText("Hello.");
try {
	Transport.send(m);
	print("delivered");
} catch (e) {
	print(e.getMessage());
}
END

# mails SOURCE: to the first MX.
mails() {
	local jars=/usr/share/java

	nsenter --net=/run/netns/client "$TOP/scripts/inroot.sh" openjdk-17-jre-headless libmail-java \
		libactivation-java bsh -- /usr/lib/jvm/java-17-openjdk-amd64/bin/java -Dto="$LOW4" -Dfrom="$1" \
		-cp $jars/bsh.jar:$jars/javax.mail.jar:$jars/javax.activation.jar bsh.Interpreter /dev/stdin \
		<"$TMP/mail.bsh" 2>&1 | head -1
}

printf '%s\n' "interface = { s0 }" "low = { $LOW4 }" "real = { $REAL4 }" "high = { $HIGH4 }" >"$TMP/conf"
must nolist load -c "$TMP/conf" >/dev/null 2>&1
is "$(mails 198.18.1.1 | cut -d ',' -f 1)" "Couldn't connect to host" 'JavaMail is refused at the first MX'
echo 'low-pass = { 198.18.1.0/24 }' >>"$TMP/conf"
must nolist load -c "$TMP/conf" >/dev/null 2>&1
is "$(mails 198.18.1.1)" delivered 'and delivers there when it is named'
is "$(mails "$CLIENT4" | cut -d ',' -f 1)" "Couldn't connect to host" 'others do not'
done_testing
