#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>

long clinux_splice(int from, int to, size_t count) {
    CLINUX_RETRY(splice(from, NULL, to, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}
