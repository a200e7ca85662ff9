internal import ArgumentParser

/// What a chat room is written on.
enum ChatAPI: String, ExpressibleByArgument, CaseIterable {
    case callbacks, async
}
