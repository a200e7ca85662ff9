/// What a demonstration serves.
package enum Service: String, Hashable, Sendable, CaseIterable {
    case echo, chat
}
