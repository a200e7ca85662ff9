extension WakeUpCase {
    // The tree of instances and sockets; how many events a wait takes; who waits, and how; what is written to; what follows.
    //
    // e0(lt:s0) is an instance that watches a socket level-triggered; et: edge-triggered. One waiter "x2" looks twice after
    // the writes, by a wait (w0) or by poll(2) on the instance and then a wait (pw). Two threads, t0 and t1, block before the
    // writes: in a wait (ew), in poll(2) and then look (p), or that again and again (pl).
    private static let table = """
        epoll1  | e0(lt:s0)                     | 1 | w0@e0 x2          | s0    | 1 1
        epoll2  | e0(et:s0)                     | 1 | w0@e0 x2          | s0    | 1 0
        epoll3  | e0(lt:s0,lt:s2)               | 2 | w0@e0 x2          | s0 s2 | 2 2
        epoll4  | e0(et:s0,et:s2)               | 2 | w0@e0 x2          | s0 s2 | 2 0
        epoll5  | e0(lt:s0)                     | 1 | pw@e0 x2          | s0    | p1 1 p1 1
        epoll6  | e0(et:s0)                     | 1 | pw@e0 x2          | s0    | p1 1 p0 0
        epoll7  | e0(lt:s0,lt:s2)               | 2 | pw@e0 x2          | s0 s2 | p1 2 p1 2
        epoll8  | e0(et:s0,et:s2)               | 2 | pw@e0 x2          | s0 s2 | p1 2 p0 0
        epoll9  | e0(lt:s0)                     | 1 | t0:ew@e0 t1:ew@e0 | s0    | both
        epoll10 | e0(et:s0)                     | 1 | t0:ew@e0 t1:ew@e0 | s0    | one
        epoll11 | e0(lt:s0,lt:s2)               | 2 | t0:ew@e0 t1:ew@e0 | s0 s2 | both
        epoll12 | e0(et:s0,et:s2)               | 1 | t0:ew@e0 t1:ew@e0 | s0 s2 | both
        epoll13 | e0(lt:s0)                     | 1 | t0:ew@e0 t1:p@e0  | s0    | both
        epoll14 | e0(et:s0)                     | 1 | t0:ew@e0 t1:p@e0  | s0    | one
        epoll15 | e0(lt:s0,lt:s2)               | 2 | t0:ew@e0 t1:p@e0  | s0 s2 | both
        epoll16 | e0(et:s0,et:s2)               | 1 | t0:ew@e0 t1:pl@e0 | s0 s2 | both
        epoll17 | e0(lt:e1(lt:s0))              | 1 | w0@e0 x2          | s0    | 1 1
        epoll18 | e0(lt:e1(et:s0))              | 1 | w0@e0 x2          | s0    | 1 1
        epoll19 | e0(et:e1(lt:s0))              | 1 | w0@e0 x2          | s0    | 1 0
        epoll20 | e0(et:e1(et:s0))              | 1 | w0@e0 x2          | s0    | 1 0
        epoll21 | e0(lt:e1(lt:s0))              | 1 | pw@e0 x2          | s0    | p1 1 p1 1
        epoll22 | e0(lt:e1(et:s0))              | 1 | pw@e0 x2          | s0    | p1 1 p1 1
        epoll23 | e0(et:e1(lt:s0))              | 1 | pw@e0 x2          | s0    | p1 1 p0 0
        epoll24 | e0(et:e1(et:s0))              | 1 | pw@e0 x2          | s0    | p1 1 p0 0
        epoll25 | e0(lt:e1(lt:s0))              | 1 | t0:ew@e0 t1:ew@e0 | s0    | both
        epoll26 | e0(lt:e1(et:s0))              | 1 | t0:ew@e0 t1:ew@e0 | s0    | both
        epoll27 | e0(et:e1(lt:s0))              | 1 | t0:ew@e0 t1:ew@e0 | s0    | one
        epoll28 | e0(et:e1(et:s0))              | 1 | t0:ew@e0 t1:ew@e0 | s0    | one
        epoll29 | e0(lt:e1(lt:s0))              | 1 | t0:ew@e0 t1:p@e0  | s0    | both
        epoll30 | e0(lt:e1(et:s0))              | 1 | t0:ew@e0 t1:p@e0  | s0    | both
        epoll31 | e0(et:e1(lt:s0))              | 1 | t0:ew@e0 t1:p@e0  | s0    | one
        epoll32 | e0(et:e1(et:s0))              | 1 | t0:ew@e0 t1:p@e0  | s0    | one
        epoll33 | e0(lt:e1(lt:s0))              | 1 | t0:ew@e1 t1:ew@e0 | s0    | both
        epoll34 | e0(lt:e1(et:s0))              | 1 | t0:ew@e1 t1:ew@e0 | s0    | t0+
        epoll35 | e0(et:e1(lt:s0))              | 1 | t0:ew@e1 t1:ew@e0 | s0    | both
        epoll36 | e0(et:e1(et:s0))              | 1 | t0:ew@e1 t1:ew@e0 | s0    | t0+
        epoll37 | e0(lt:e1(lt:s0))              | 1 | t0:p@e1 t1:ew@e0  | s0    | both
        epoll38 | e0(lt:e1(et:s0))              | 1 | t0:p@e1 t1:ew@e0  | s0    | t0+
        epoll39 | e0(et:e1(lt:s0))              | 1 | t0:p@e1 t1:ew@e0  | s0    | both
        epoll40 | e0(et:e1(et:s0))              | 1 | t0:p@e1 t1:ew@e0  | s0    | t0+
        epoll41 | e0(lt:e1(lt:s0))              | 1 | t0:ew@e1 t1:p@e0  | s0    | both
        epoll42 | e0(lt:e1(et:s0))              | 1 | t0:ew@e1 t1:p@e0  | s0    | t0+
        epoll43 | e0(et:e1(lt:s0))              | 1 | t0:ew@e1 t1:p@e0  | s0    | both
        epoll44 | e0(et:e1(et:s0))              | 1 | t0:ew@e1 t1:p@e0  | s0    | t0+
        epoll45 | e0(lt:e1(lt:s0))              | 1 | t0:p@e1 t1:p@e0   | s0    | both
        epoll46 | e0(lt:e1(et:s0))              | 1 | t0:ew@e1 t1:p@e0  | s0    | t0+
        epoll47 | e0(et:e1(lt:s0))              | 1 | t0:p@e1 t1:p@e0   | s0    | both
        epoll48 | e0(et:e1(et:s0))              | 1 | t0:ew@e1 t1:p@e0  | s0    | t0+
        epoll49 | e0(lt:e1(lt:s0),lt:e2(lt:s2)) | 2 | w0@e0 x2          | s0 s2 | 2 2
        epoll50 | e0(et:e1(lt:s0),et:e2(lt:s2)) | 2 | w0@e0 x2          | s0 s2 | 2 0
        epoll51 | e0(lt:e1(lt:s0),lt:e2(lt:s2)) | 2 | pw@e0 x2          | s0 s2 | p1 2 p1 2
        epoll52 | e0(et:e1(lt:s0),et:e2(lt:s2)) | 2 | pw@e0 x2          | s0 s2 | p1 2 p0 0
        epoll53 | e0(lt:e1(lt:s0),lt:e2(lt:s2)) | 1 | t0:ew@e0 t1:ew@e0 | s0 s2 | both
        epoll54 | e0(et:e1(lt:s0),et:e2(lt:s2)) | 1 | t0:ew@e0 t1:ew@e0 | s0 s2 | both
        epoll55 | e0(lt:e1(lt:s0),lt:e2(lt:s2)) | 1 | t0:ew@e0 t1:p@e0  | s0 s2 | both
        epoll56 | e0(et:e1(lt:s0),et:e2(lt:s2)) | 1 | t0:ew@e0 t1:pl@e0 | s0 s2 | both
        epoll57 | e0(lt:e1(lt:s0),lt:e2(lt:s2)) | 1 | t0:p@e0 t1:p@e0   | s0 s2 | both
        epoll58 | e0(et:e1(lt:s0),et:e2(lt:s2)) | 1 | t0:pl@e0 t1:pl@e0 | s0 s2 | both
        """

    /// The kernel's 58 cases of who is woken how often.
    static let all: [WakeUpCase] = table.split(separator: "\n").compactMap { WakeUpCase(row: $0) }
}
