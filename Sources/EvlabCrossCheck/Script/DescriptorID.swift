/// The name of a descriptor in a script: what was made first is number 0. No name is given out twice.
package struct DescriptorID: Hashable, Sendable, ExpressibleByIntegerLiteral, Comparable {
    package let number: Int

    package init(_ number: Int) {
        self.number = number
    }

    package init(integerLiteral value: Int) {
        number = value
    }

    package static func < (left: DescriptorID, right: DescriptorID) -> Bool {
        left.number < right.number
    }
}
