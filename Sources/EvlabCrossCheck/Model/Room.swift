/// What the model knows of the way out of a file.
enum Room {
    /// A write would be taken.
    case free
    /// It was filled, and nothing has been read at the other end.
    case full
    /// In between, where only the kernel knows.
    case open
}
