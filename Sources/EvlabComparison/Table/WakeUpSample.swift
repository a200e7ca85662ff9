/// Nanoseconds of CPU that an event cost in one run.
struct WakeUpSample {
    /// All of it.
    let total: Double
    /// The bytes written, which calls epoll's callbacks; the wait, and finding what is ready; the bytes read. Only known
    /// where so many are active that asking the clock in between costs next to nothing.
    let parts: [Double]?
}
