# shellcheck shell=bash disable=SC2034,SC2046 # for at.sh; words
# SPDX-License-Identifier: GPL-2.0-only
#
# nodemailer, which closes without QUIT after a failure; it is given the hosts in order.
packages=""
modules="nodemailer@10.6.1"

send() {
	node -e '
		const mailer = require(process.cwd() + "/build/npm/node_modules/nodemailer");
		const [to, ...mx] = process.argv.slice(1);
		const raw = require("fs").readFileSync(0);
		const walk = async () => {
			for (const host of mx) {
				try {
					await mailer.createTransport({ host, port: 25, connectionTimeout: 20000,
						greetingTimeout: 20000 })
						.sendMail({ envelope: { from: "joe@app.example", to: [to] }, raw });
					return true;
				} catch (e) { console.log(to, host, e.message); }
			}
		};
		(async () => {
			for (let i = 0; i < 4 && !await walk(); i++)
				await new Promise(r => setTimeout(r, process.env.HOUR_S * 1000));
		})();' "$1" $(mx_of "$1") &
}
