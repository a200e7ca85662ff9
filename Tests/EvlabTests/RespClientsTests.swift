import Testing

/// `demo resp` with the clients that people have.
@Suite("demo resp and clients of Redis", .enabled(if: has("python3", "redis-cli")))
struct RespClientsTests {
    /// Protocol 0 is whatever redis-py begins with.
    @Test("redis-py", .bug(id: "client-cannot-connect"), arguments: [0, 2, 3], DemoVariant.engines)
    func redisPy(_ version: Int, _ variant: DemoVariant) throws {
        var server = try DemoServer.start(["resp"], on: variant)
        let end = try Program.run(["python3", client("redis_visit"), server.port, "\(version)"])
        #expect(end.output == "as expected\n", "\(end.errors)")
        #expect(try server.stop().hasPrefix("clients: "))
    }

    @Test("redis-cli", .bug(id: "client-cannot-connect"), arguments: ["-2", "-3"])
    func redisCLI(_ version: String) throws {
        var server = try DemoServer.start(["resp"])
        let script = """
            redis-cli --no-raw "$1" -p "$0" <<'END'
            SET greeting "hello there" NX
            GET greeting
            GET nothing
            MGET greeting nothing
            INCRBY n 5
            TTL n
            FLY away
            END
            redis-cli "$1" -p "$0" -x SET piped <<'END'
            two words
            END
            redis-cli "$1" -p "$0" HELLO "${1#-}" | tr '\\n' ' '
            """
        let end = try Program.run(["sh", "-c", script, server.port, version])
        let expected = """
            OK
            "hello there"
            (nil)
            1) "hello there"
            2) (nil)
            (integer) 5
            (integer) -1
            (error) ERR unknown command 'FLY', with args beginning with: 'away'\u{20}
            OK
            server evlab version 7.0.15 proto \(version.dropFirst()) id 3 mode standalone role master modules \u{20}
            """
        #expect(end.output == expected, "\(end.errors)")
        #expect(try server.stop() == "clients: 3\n")
    }
}
