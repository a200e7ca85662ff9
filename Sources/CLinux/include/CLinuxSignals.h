/* The async-signal-safe half of the signal hub: one handler for the process, which records the signal in
   every mailbox that asked for it and makes the mailbox's eventfd readable. */
#ifndef CLINUX_SIGNALS_H
#define CLINUX_SIGNALS_H

#include <stdint.h>

#define CLINUX_MAILBOX_COUNT 256

/* Claims a mailbox that writes to `descriptor` (an eventfd that outlives it).
   Returns its number, or -EAGAIN when all are taken. */
int clinux_mailbox_open(int descriptor);

/* From here on the handler does not touch the mailbox or its descriptor any more. */
void clinux_mailbox_close(int mailbox);

/* The first subscriber of a signal installs the handler, the last one puts the old disposition back
   (unless the handler is no longer ours). Returns 0, or -errno (EINVAL: no such signal, one that cannot
   be caught, or one that reports a fault of the program). After unsubscribe no arrival of it is left. */
int clinux_mailbox_subscribe(int mailbox, int signal);
void clinux_mailbox_unsubscribe(int mailbox, int signal);

/* The signals that came since the last call: bit n-1 is signal n. */
uint64_t clinux_mailbox_take(int mailbox);

#endif
