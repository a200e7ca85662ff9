/* Calls that only demonstrations make. Results are values or -errno. */
#ifndef CLINUX_DEMOS_H
#define CLINUX_DEMOS_H

#include <stddef.h>

/* splice(2) without waiting for a pipe: moves bytes between a pipe and another file inside the kernel. */
long clinux_splice(int from, int to, size_t count);

#endif
