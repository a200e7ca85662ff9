import CPeer
import Dispatch

// An echo server on Dispatch's sources, all of them on one serial queue.
let listener = peer_listen()
let clients = Connection.accepting(from: listener, on: DispatchQueue(label: "echo"))
clients.activate()
peer_announce(listener)
peer_sleep()
