internal import Glibc

// Synchronous: servers run on this thread, and valgrind can follow.
exit(Launcher.run(Array(CommandLine.arguments.dropFirst())))
