/* How much memory a process holds. */
#ifndef CBASELINES_MEMORY_H
#define CBASELINES_MEMORY_H

#include <stddef.h>

/* The bytes that malloc has given out and not got back, in all its arenas (mallinfo2(3)). A sanitizer's malloc
   counts none. */
size_t cbaseline_allocated_bytes(void);

#endif
