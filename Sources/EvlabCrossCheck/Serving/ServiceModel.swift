/// What a service owes its clients, by what they have done and nothing else.
protocol ServiceModel {
    typealias Actions = [(client: Int, action: ServingAction)]

    /// What has to happen for a step, in order; `nil` where the step does not apply.
    mutating func actions(for step: ServingStep) -> Actions?

    /// Those who are connected, by their numbers.
    var clients: [Int] { get }

    /// What the server should say of what it has done; of `bytes` at most so many.
    var totals: ServedTotals { get }
}
