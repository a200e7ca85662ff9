/// Why a test cannot make its fault.
package struct ToolFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
