#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# An application that sends mail itself: smtplib_walk.py bare|with TO MX... with a message on its
# standard input. It walks over the MXes, and tries again after an hour, three times.
import os
import smtplib
import sys
import time

how, to, mxes = sys.argv[1], sys.argv[2], sys.argv[3:]
sender, message = "joe@app.example", sys.stdin.read()


def send(mx):
    if how == "with":
        with smtplib.SMTP(mx, timeout=20) as smtp:
            smtp.sendmail(sender, [to], message)
    else:
        smtp = smtplib.SMTP(mx, timeout=20)
        smtp.sendmail(sender, [to], message)
        smtp.quit()


def walk():
    for mx in mxes:
        try:
            send(mx)
            return True
        except (OSError, smtplib.SMTPException) as e:
            print(to, mx, repr(e), flush=True)
    return False


# It goes on in the background, as an application does.
if os.fork():
    sys.exit(0)
for _ in range(4):
    if walk():
        break
    time.sleep(float(os.environ["HOUR_S"]))
