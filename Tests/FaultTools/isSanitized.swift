internal import Glibc

/// Whether a sanitizer watches this process. The thread sanitizer takes several bytes for each byte that a call reads.
package let isSanitized = unsafe dlsym(nil, "__sanitizer_print_stack_trace") != nil
