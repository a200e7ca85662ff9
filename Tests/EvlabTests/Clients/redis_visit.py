"""What a program does in its first minute with redis-py: redis_visit.py PORT PROTOCOL, where protocol 0 is the default."""

import sys

try:
    import redis
except ImportError:
    sys.exit("redis-py is missing: python3 -m pip install --target DIR redis, and PYTHONPATH=DIR")

port, protocol = map(int, sys.argv[1:])
options = {"protocol": protocol} if protocol else {}
client = redis.Redis(port=port, socket_timeout=300, client_name="visitor", **options)


def expect(value, expected):
    if value != expected:
        sys.exit(f"{value!r:.300} instead of {expected!r:.300}")


def expect_error(words, function, *arguments, **named):
    try:
        value = function(*arguments, **named)
    except redis.ResponseError as error:
        return expect(str(error), words)
    sys.exit(f"{value!r:.300} instead of an error")


expect(client.ping(), True)
expect(client.client_getname() in ("visitor", b"visitor"), True)
expect(isinstance(client.client_id(), int), True)
expect(client.echo("hello"), b"hello")
expect(client.set("a", 1), True)
expect(client.incr("a"), 2)
expect(client.incr("a", 10), 12)
expect(client.decr("a"), 11)
expect(client.decrby("a", 5), 6)
expect(client.get("a"), b"6")
expect(client["a"], b"6")
expect(client.get("nothing"), None)
expect(client.exists("a", "a", "nothing"), 2)
expect(client.mset({"b": "two", "c": b"\x00\r\n\xff"}), True)
expect(client.mget("a", "b", "nothing", "c"), [b"6", b"two", None, b"\x00\r\n\xff"])
expect(client.set("b", "x", nx=True), None)
expect(client.set("nothing", "x", xx=True), None)
expect(client.set("b", "three", get=True), b"two")
expect(client.set("b", "four", ex=100), True)
expect(client.ttl("b"), 100)
expect(client.set("b", "five", keepttl=True), True)
expect(99_000 < client.pttl("b") <= 100_000, True)
expect(client.persist("b"), True)
expect(client.ttl("b"), -1)
expect(client.ttl("nothing"), -2)
expect(client.setex("d", 100, "x"), True)
expect(client.psetex("d", 100_000, "x"), True)
expect(client.expire("d", 50), True)
expect(client.pexpire("d", 50_000), True)
expect(client.ttl("d"), 50)
expect(client.delete("d", "nothing"), 1)
expect_error("value is not an integer or out of range", client.incr, "b")
expect_error("invalid expire time in 'set' command", client.set, "b", "x", ex=-1)
expect_error("DB index is out of range", client.execute_command, "SELECT", 99)
expect_error("unknown command 'FLY', with args beginning with: 'away' ", client.execute_command, "FLY", "away")
with client.pipeline(transaction=False) as pipeline:
    for _ in range(1000):
        pipeline.incr("n")
    expect(pipeline.execute(), list(range(1, 1001)))
large = b"x" * 5_000_000
expect(client.set("large", large), True)
expect(client.get("large"), large)
expect(redis.Redis(port=port, db=0, socket_timeout=300, **options).ping(), True)
expect(client.quit(), True)
print("as expected")
