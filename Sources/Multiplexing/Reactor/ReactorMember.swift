/// What a reactor calls back: it drops its handler when it has ended and is not being called.
protocol ReactorMember: AnyObject {
    func dropHandler()
}
